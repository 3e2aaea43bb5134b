// Texts that may or may not be queries: seeded and quick to make, a million of them take seconds.
import { seededRandom } from '../measurement/seeded-noise.ts'

const TOKENS = ('minimize maximize where and or not avoid only via with prefer within penalty disjoint alternatives confidence country region operator asn tag forwarder ' +
  'delay loss jitter rate load price hops transfer age carbon XX eu "acme" "" "a\\"b" "open 0 1 2 0.8 20 1e3 1e999 64500 AS64500 ms us µs s min % ppm bps kbps Mbps Gbps B/s MB/s ' +
  '<= >= < > ≤ ≥ = + - * / , ( ) ; \\ \n \t \0 é 漢 🙂').split(' ')

const QUERIES = [
  'minimize delay + 20 * loss where rate >= 5 Mbps and hops <= 4 avoid country XX, operator "acme" via tag eu prefer price 2 disjoint alternatives confidence >= 0.8',
  'maximize rate where delay <= 100 ms only region eu or (country ch and not tag slow) prefer delay within 10 %',
  'minimize loss prefer avoid asn 64500 penalty 10, hops <= 3, jitter within 5% with multipath "2" 3 alternatives'
]

export interface RandomTexts {
  bytes: () => string
  tokens: () => string
  mutated: () => string
}

export function randomTexts (seed: number): RandomTexts {
  const random = seededRandom(seed)
  const below = (bound: number): number => Math.floor(random() * bound)
  const token = (): string => TOKENS[below(TOKENS.length)]
  const replace = (text: string, by: string): string => {
    const at = below(text.length + 1)
    return text.slice(0, at) + by + text.slice(at + below(4))
  }
  return {
    bytes: () => String.fromCharCode(...Array.from({ length: below(24) }, () => below(64) === 0 ? below(0x10000) : below(128))),
    tokens: () => Array.from({ length: 1 + below(12) }, token).join(below(8) === 0 ? '' : ' '),
    mutated: () => {
      let text = QUERIES[below(QUERIES.length)]
      for (let changes = 1 + below(3); changes > 0; changes--) {
        text = replace(text, below(2) === 0 ? token() : String.fromCharCode(below(128)))
      }
      return text
    }
  }
}
