// Every setting of every command, once: its name as flag, variable and key of a config file, what it means, and what it may be.
// config.ts reads them; a command names those that it has.
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { MAX_STRING_BYTES, MAX_TAGS, TAG_KEY } from '../../protocols/descriptor/constants.ts'
import { MAX_TEXT_BYTES } from '../../protocols/route/constants.ts'
import { RSP_PROFILES } from '../rsp/profiles/all-profiles.ts'
import { MAX_SCOPE_TAGS } from '../../protocols/exchange/constants.ts'
import { MAX_POLICY_RSPS, MAX_PRICE_MICRO_PER_GB } from '../../protocols/report/constants.ts'
import { LinkRules, MAX_LINK_RULES } from '../forwarder/link-rules.ts'
import { parseMetricsAddress } from './metrics-server.ts'
import { bytesPerSecondOf, priceMicroOf } from './quantities.ts'
import { parseSubnet } from '../node/trusted-proxies.ts'
import type { ExchangePartners } from '../rsp/exchange/rsp-exchange.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@libp2p/interface'

type Shape = 'switch' | 'text' | 'list' | 'table'

interface Setting<Value> {
  /** Its flag takes nothing, one text, several, or `key=value` several times. */
  shape: Shape
  /** As a flag, where that is not the key of the config file. */
  flag?: string
  /** Too long for a command line. */
  isFileOnly?: boolean
  placeholder?: string
  about: string
  /** Completes "expected …". */
  expected: string
  /** Of the value in a config file; flags and variables are brought to the same form first. */
  schema: z.ZodType<Value>
}

const MAX_ADDRESSES = 64
const address = parsed((text): Multiaddr => multiaddr(text))
const peer = parsed((text): PeerId => peerIdFromString(text))
/** As many as the policy of a forwarder takes. */
const MAX_REVOKED = 1_024
/** A tenth of what a forwarder carries by default. */
const MAX_SURVEY_BYTES_PER_SECOND = 1_250_000
/** Checked one by one, so that a complaint shows which. */
const rule = parsed((text): string => {
  LinkRules.parse([text])
  return text
})
const MAX_QUERIES = 256
const queryText = z.string().min(1).refine((text) => new TextEncoder().encode(text).length <= MAX_TEXT_BYTES)
/** As many as one RSP listens to. */
const MAX_PARTNERS = 16
const exchangePartners: z.ZodType<ExchangePartners> = z.preprocess(
  (value) => Array.isArray(value) && value.length === 1 && (value[0] === 'all' || value[0] === 'none') ? value[0] as unknown : value,
  z.union([z.literal(['all', 'none']), z.array(peer).min(1).max(MAX_PARTNERS)])
)
const shortText = z.string().min(1).refine((text) => new TextEncoder().encode(text).length <= MAX_STRING_BYTES)

export const SETTINGS = {
  listen: setting({
    shape: 'list',
    placeholder: 'multiaddr',
    about: 'listen here; port 0 takes a free one',
    expected: 'multiaddrs such as /ip4/0.0.0.0/tcp/4001 or /ip4/0.0.0.0/tcp/4002/ws; a proxy that has a certificate serves /wss, and passes on to /ws',
    schema: z.array(address.refine((listened) => !listened.getComponents().some(({ name }) => name === 'tls' || name === 'wss'))).min(1).max(MAX_ADDRESSES)
  }),
  announce: setting({
    shape: 'list',
    placeholder: 'multiaddr',
    about: 'tell others this address instead of those listened on: behind NAT, or in a container',
    expected: 'multiaddrs such as /ip4/192.0.2.1/tcp/4001 or /dns4/node.example.net/tcp/4001',
    schema: z.array(address).max(MAX_ADDRESSES)
  }),
  bootstrap: setting({
    shape: 'list',
    placeholder: 'multiaddr',
    about: 'join the overlay through this node (default: the public list)',
    expected: 'multiaddrs such as /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…, which is what a node prints when it starts',
    schema: z.array(address).max(MAX_ADDRESSES)
  }),
  network: setting({
    shape: 'text',
    placeholder: 'name',
    about: 'name of the overlay; nodes of others are not seen (default: "public")',
    expected: 'a name of up to 64 letters, digits, dots and dashes',
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  }),
  key: setting({
    shape: 'text',
    placeholder: 'file',
    about: 'file with the private key, made if it is missing; nodes on one machine need one each (default: ~/.config/byway/ROLE.key)',
    expected: 'the name of a file',
    schema: z.string().min(1)
  }),
  ephemeral: setting({ shape: 'switch', about: 'use a new key, and forget it at the end', expected: 'true or false', schema: z.boolean() }),
  local: setting({
    shape: 'switch',
    about: 'take loopback and private addresses for public ones: an overlay on one machine or in one building',
    expected: 'true or false',
    schema: z.boolean()
  }),
  operator: setting({
    shape: 'text',
    placeholder: 'name',
    about: 'who runs this node, as its descriptor says',
    expected: `a text of up to ${MAX_STRING_BYTES} bytes`,
    schema: shortText
  }),
  tags: setting({
    shape: 'table',
    flag: 'tag',
    placeholder: 'key=value',
    about: 'what to say of this node: region=eu, country=de, asn=64500',
    expected: `up to ${MAX_TAGS} tags such as region=eu: keys of lower-case letters, digits and dashes, values of up to ${MAX_STRING_BYTES} bytes`,
    schema: z.record(z.string().regex(TAG_KEY), shortText).refine((tags) => Object.keys(tags).length <= MAX_TAGS)
  }),
  capacity: setting({
    shape: 'text',
    placeholder: 'rate',
    about: 'carry at most so much for others (default: 100Mbit)',
    expected: 'a rate with its unit, such as "100Mbit" (bits per second) or "12.5MB" (bytes per second)',
    schema: parsed(bytesPerSecondOf)
  }),
  maxAttachments: setting({
    shape: 'text',
    placeholder: 'n',
    about: 'hosts and RSPs that may be attached at once (default: 1024)',
    expected: 'a whole number from 1 to 65535',
    schema: wholeNumber(1, 65_535)
  }),
  watchedBy: setting({
    shape: 'list',
    placeholder: 'peer id',
    about: 'take watch requests of this RSP only (default: of any RSP, under quota)',
    expected: 'peer ids such as 12D3KooW…',
    schema: z.array(peer).max(256)
  }),
  rsps: setting({
    shape: 'list',
    flag: 'rsp-allowed',
    placeholder: 'peer id',
    about: 'take the paths of this RSP only (default: of any RSP); needs "--source-routes authorized" to bind source routes too',
    expected: `up to ${MAX_POLICY_RSPS} peer ids such as 12D3KooW…`,
    schema: z.array(peer).max(MAX_POLICY_RSPS)
  }),
  revoked: setting({
    shape: 'list',
    placeholder: 'peer id',
    about: 'take no paths of this RSP, as byway revoke while it runs; needs "--source-routes authorized" to bind source routes too',
    expected: `up to ${MAX_REVOKED} peer ids such as 12D3KooW…`,
    schema: z.array(peer).max(MAX_REVOKED)
  }),
  sourceRoutes: setting({
    shape: 'text',
    placeholder: 'whose',
    about: 'relay source-routed packets of "anyone", or of those only who show that an RSP sold them the path: "authorized" (default: anyone)',
    expected: '"anyone" or "authorized"',
    schema: z.enum(['anyone', 'authorized'])
  }),
  linkRules: setting({
    shape: 'text',
    flag: 'link-rule',
    placeholder: 'rule',
    about: 'over which links paths and source routes may lead from here to other forwarders, such as "deny operator=acme": the first rule that matches decides; repeat it for more',
    expected: `up to ${MAX_LINK_RULES} rules such as "deny operator=acme": allow or deny, then any, peer=ID, operator=NAME or tag:KEY=VALUE`,
    schema: z.preprocess((value) => typeof value === 'string' ? rulesOf(value) : value, z.array(rule).min(1).max(MAX_LINK_RULES))
  }),
  maxPaths: setting({
    shape: 'text',
    placeholder: 'n',
    about: 'paths held as state at once (default: 65536)',
    expected: 'a whole number from 1 to 1000000',
    schema: wholeNumber(1, 1_000_000)
  }),
  control: setting({
    shape: 'text',
    placeholder: 'path',
    about: 'local socket for commands to a running daemon, such as byway status (default: in $XDG_RUNTIME_DIR/byway, or below the temporary folder)',
    expected: 'the path of a socket, or "off"',
    schema: z.union([z.literal(false), z.string().regex(/^[^\0]+$/).transform((path) => path === 'off' ? false : path)])
  }),
  metrics: setting({
    shape: 'text',
    placeholder: 'address',
    about: 'serve metrics for Prometheus here, at /metrics; a port alone is one of this machine only (default: nowhere)',
    expected: 'a port, or an address with a port, such as 9464, 0.0.0.0:9464 or [::1]:9464',
    schema: z.preprocess((value) => typeof value === 'number' ? String(value) : value, parsed(parseMetricsAddress))
  }),
  trustedProxies: setting({
    shape: 'list',
    flag: 'trusted-proxy',
    placeholder: 'address',
    about: 'who connects over the reverse proxy at this address, or in this subnet, is who it names last in X-Forwarded-For; bounds by address are then for each, not for the proxy (default: none is believed)',
    expected: 'addresses or subnets such as 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32',
    schema: z.array(z.string().refine((text) => parseSubnet(text) !== undefined)).max(MAX_ADDRESSES)
  }),
  map: setting({
    shape: 'text',
    placeholder: 'kind',
    about: 'how the map is filled: by the forwarders\' reports, or by surveys of its own (default: reports)',
    expected: '"reports" or "surveys"',
    schema: z.enum(['reports', 'surveys'])
  }),
  linksPerForwarder: setting({
    shape: 'text',
    placeholder: 'n',
    about: 'links measured per round for each forwarder that is known; where that is enough for all links, all are watched (default: by the profile; 12 without)',
    expected: 'a whole number from 1 to 128',
    schema: wholeNumber(1, 128)
  }),
  surveyRate: setting({
    shape: 'text',
    placeholder: 'n',
    about: 'probes sent per second and forwarder with --map surveys (default: 12 while links are new, then 2.5; then of all forwarders together at least 300, later 60, and at most 3000)',
    expected: 'a number of probes above 0, at most 100',
    schema: numeric(z.number().gt(0).max(100))
  }),
  surveyBandwidth: setting({
    shape: 'text',
    placeholder: 'rate',
    about: 'bursts that each forwarder is made to send with --map surveys, to see what its links can carry; "off" sends none (default: 400kbit)',
    expected: 'a rate with its unit, such as "400kbit", at most 10Mbit, or "off"',
    schema: parsed(surveyBandwidthOf)
  }),
  exchange: setting({
    shape: 'list',
    placeholder: 'whom',
    about: 'exchange measurements with the RSPs of these peer ids, with "all" of the overlay, or with "none" (default: none)',
    expected: '"all", "none", or peer ids such as 12D3KooW…',
    schema: exchangePartners
  }),
  exchangeTags: setting({
    shape: 'table',
    flag: 'exchange-tag',
    placeholder: 'key=value',
    about: 'ask others only for links with an end that has this tag, such as region=eu (default: for all)',
    expected: `up to ${MAX_SCOPE_TAGS} tags such as region=eu`,
    schema: z.record(z.string().regex(TAG_KEY), shortText).refine((tags) => Object.keys(tags).length <= MAX_SCOPE_TAGS)
  }),
  price: setting({
    shape: 'text',
    placeholder: 'amount',
    about: 'price of an answer in units of the operator, up to six decimals (default: 0)',
    expected: 'an amount such as "0.25"',
    schema: z.preprocess((value) => typeof value === 'number' ? String(value) : value, parsed(priceMicroOf))
  }),
  pricePerGb: setting({
    shape: 'text',
    placeholder: 'amount',
    about: 'price of a GB sent on to another forwarder, in units of the operator, up to six decimals (default: 0)',
    expected: `an amount such as "0.05", at most ${MAX_PRICE_MICRO_PER_GB / 1e6}`,
    schema: z.preprocess((value) => typeof value === 'number' ? String(value) : value, parsed((text) => {
      const micro = priceMicroOf(text)
      return micro === undefined || micro > MAX_PRICE_MICRO_PER_GB ? undefined : Number(micro)
    }))
  }),
  data: setting({
    shape: 'text',
    placeholder: 'folder',
    about: 'keep here for the next start what an RSP has mapped, or what a host knows of RSPs, in a folder that no other node uses; "off" keeps nothing (default: in ~/.local/share/byway, and with --ephemeral nowhere)',
    expected: 'the name of a folder, or "off"',
    schema: z.union([z.literal(false), z.string().regex(/^[^\0]+$/).transform((folder) => folder === 'off' ? false : folder)])
  }),
  maxAccess: setting({
    shape: 'text',
    placeholder: 'n',
    about: 'stay attached to the nearest so many forwarders (default: 8)',
    expected: 'a whole number from 1 to 64',
    schema: wholeNumber(1, 64)
  }),
  query: setting({
    shape: 'text',
    placeholder: 'query',
    about: 'what is wanted of paths, such as "minimize delay where loss <= 1% avoid country xx", or @NAME from [queries] of the config file',
    expected: `a query of up to ${MAX_TEXT_BYTES} bytes, or the name of one such as @gaming`,
    schema: queryText
  }),
  queries: setting({
    shape: 'table',
    isFileOnly: true,
    about: 'queries by name',
    expected: `up to ${MAX_QUERIES} queries by names of letters, digits and dashes, such as gaming = "minimize delay + 20 * loss"`,
    schema: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), queryText).refine((queries) => Object.keys(queries).length <= MAX_QUERIES)
  }),
  profile: setting({
    shape: 'text',
    placeholder: 'name',
    about: `what it is good at (default: what hosts ask for). ${RSP_PROFILES.map(({ name, about }) => `${name}: ${about}`).join('. ')}`,
    expected: RSP_PROFILES.map(({ name }) => `"${name}"`).join(' or '),
    schema: z.enum(RSP_PROFILES.map(({ name }) => name) as [string, ...string[]])
  }),
  wait: setting({
    shape: 'text',
    placeholder: 'seconds',
    about: 'give the overlay so long to be found (default: 20)',
    expected: 'a number of seconds from 1 to 600',
    schema: numeric(z.number().min(1).max(600))
  }),
  json: setting({ shape: 'switch', about: 'print JSON', expected: 'true or false', schema: z.boolean() })
}

export type SettingName = keyof typeof SETTINGS
export type Settings = { [Name in SettingName]: z.output<typeof SETTINGS[Name]['schema']> }

/** As a flag without its dashes, and as a key of a config file: `max-attachments`. */
export function keyOf (name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

export function flagOf (name: SettingName): string {
  const { flag }: Setting<unknown> = SETTINGS[name]
  return `--${flag ?? keyOf(name)}`
}

/** After its key and after its flag, which is singular where it is given several times: BYWAY_RSPS, BYWAY_RSP_ALLOWED. */
export function variablesOf (name: SettingName): string[] {
  return [...new Set([keyOf(name), flagOf(name).slice(2)])].map((text) => `BYWAY_${text.toUpperCase().replaceAll('-', '_')}`)
}

function setting<Value> (init: Setting<Value>): Setting<Value> {
  return init
}

/** In one text, rules are separated by semicolons or line feeds: they hold blanks and commas themselves. */
function rulesOf (text: string): string[] {
  return text.split(/[;\n]/).map((line) => line.trim()).filter((line) => line !== '')
}

/** Flags and variables hold text, a config file numbers; nothing else is taken for one. */
function numeric (bounds: z.ZodType<number, number>): z.ZodType<number> {
  return z.union([z.number(), z.string().regex(/^\d+(\.\d+)?$/).transform(Number)]).pipe(bounds)
}

function wholeNumber (min: number, max: number): z.ZodType<number> {
  return numeric(z.number().int().min(min).max(max))
}

/** A text that `parse` takes: it throws or gives undefined for others. */
function surveyBandwidthOf (text: string): number | undefined {
  const bytesPerSecond = text === 'off' ? 0 : bytesPerSecondOf(text)
  return bytesPerSecond !== undefined && bytesPerSecond <= MAX_SURVEY_BYTES_PER_SECOND ? bytesPerSecond : undefined
}

function parsed<Value> (parse: (text: string) => Value | undefined): z.ZodType<Value> {
  return z.string().transform((text, context): Value => {
    try {
      const value = parse(text)
      if (value !== undefined) {
        return value
      }
    } catch {
      // what was wrong with it is said in terms of what was expected
    }
    context.addIssue({ code: 'custom' })
    return z.NEVER
  })
}
