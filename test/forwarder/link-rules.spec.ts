import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LinkRuleError, LinkRules, MAX_LINK_RULES } from '../../src/forwarder/link-rules.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { opened } from './samples.ts'
import type { Neighbour } from '../../src/forwarder/link-rules.ts'

const [A, B] = await Promise.all([1, 2].map(peerOf))

describe('link rules', () => {
  it('leave every link open when there are none', () => {
    assert.equal(LinkRules.parse([]).isOpen({ peer: A }), true)
  })

  const cases: Array<{ title: string, rules: string[], open: Neighbour[], closed: Neighbour[] }> = [
    { title: 'name a peer', rules: [`deny peer=${A.toString()}`], open: [{ peer: B }], closed: [{ peer: A }, { peer: A, operator: 'x' }] },
    { title: 'name an operator, spaces and all', rules: ['deny operator=Example Networks = 1'], open: [{ peer: A }, { peer: A, operator: 'Example' }], closed: [{ peer: A, operator: 'Example Networks = 1' }] },
    { title: 'name a tag', rules: ['deny tag:country=XX'], open: [{ peer: A }, { peer: A, tags: { country: 'YY' } }, { peer: A, tags: { region: 'XX' } }], closed: [{ peer: A, tags: { country: 'XX' } }] },
    { title: 'name any neighbour', rules: ['deny any'], open: [], closed: [{ peer: A }, { peer: B, operator: 'x', tags: {} }] },
    { title: 'go by the first that matches', rules: [`allow peer=${A.toString()}`, 'deny tag:asn=64500', 'allow operator=x', 'deny any'], open: [{ peer: A, tags: { asn: '64500' } }, { peer: B, operator: 'x' }], closed: [{ peer: B, operator: 'x', tags: { asn: '64500' } }, { peer: B }] },
    { title: 'are read with space around them', rules: ['  deny   any '], open: [], closed: [{ peer: A }] },
    { title: 'do not take what every object has for a tag', rules: ['deny tag:constructor=x', 'deny tag:tostring=x'], open: [{ peer: A, tags: {} }], closed: [] }
  ]
  for (const { title, rules, open, closed } of cases) {
    it(title, () => {
      const parsed = LinkRules.parse(rules)
      assert.deepEqual(open.map((neighbour) => parsed.isOpen(neighbour)), open.map(() => true))
      assert.deepEqual(closed.map((neighbour) => parsed.isOpen(neighbour)), closed.map(() => false))
    })
  }

  it('regression: deny whom nobody knows, where a rule denies by operator or tag: an RSP that makes its descriptor forgotten opens no link', () => {
    const stranger: Neighbour = { peer: A, isUnknown: true }
    const open = (...rules: string[]): boolean => LinkRules.parse(rules).isOpen(stranger)
    assert.deepEqual([open('deny operator=acme'), open('deny tag:country=XX'), open('allow operator=acme', 'deny tag:country=XX')], [false, false, false])
    assert.deepEqual([open('allow operator=acme'), open('allow operator=acme', 'deny any'), open(`deny peer=${B.toString()}`)], [true, false, true])
    assert.equal(open(`allow peer=${A.toString()}`, 'deny operator=acme'), true)
  })

  it('take a descriptor as it is', async () => {
    const rules = LinkRules.parse(['deny operator=Example', 'deny tag:country=XX'])
    assert.equal(rules.isOpen(await opened(1, 'forwarder')), true)
    assert.equal(rules.isOpen(await opened(1, 'forwarder', { operator: 'Example' })), false)
    assert.equal(rules.isOpen(await opened(1, 'forwarder', { tags: { country: 'XX' } })), false)
  })

  const bad: Array<[string, string]> = [
    ['nothing', ''],
    ['no verb', 'peer=x'],
    ['another verb', 'permit any'],
    ['no subject', 'deny'],
    ['more than any', 'deny any other'],
    ['another subject', 'deny host=x'],
    ['a peer id that is none', 'deny peer=12D3'],
    ['an operator without a name', 'deny operator='],
    ['an operator with too long a name', `deny operator=${'ä'.repeat(33)}`],
    ['a tag without a key', 'deny tag:=x'],
    ['a tag whose key no descriptor can have', 'deny tag:Country=x'],
    ['a tag without a value', 'deny tag:country'],
    ['two lines', 'deny any\nallow any']
  ]
  for (const [title, rule] of bad) {
    it(`refuses a rule with ${title}, and says which one it is`, () => {
      assert.throws(() => LinkRules.parse(['allow any', rule]), { name: 'LinkRuleError', line: 2, message: /^link rule 2: / })
    })
  }

  it('are 64 at the most', () => {
    const rules = new Array<string>(MAX_LINK_RULES).fill('allow any')
    assert.equal(LinkRules.parse(rules).isOpen({ peer: A }), true)
    assert.throws(() => LinkRules.parse([...rules, 'deny any']), { name: 'LinkRuleError', line: 65 })
  })

  it('refuses any other text with a LinkRuleError and nothing else', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `deny ${text}`), fc.string().map((text) => `allow peer=${text}`)), (text) => {
      try {
        LinkRules.parse([text])
      } catch (error) {
        assert.ok(error instanceof LinkRuleError, String(error))
      }
    }))
  })

  it('decide as the first match of a list read by hand', () => {
    const tag = fc.constantFrom('a', 'b', 'c')
    const rule = fc.record({ verb: fc.constantFrom('allow', 'deny'), tag: fc.option(tag) })
    fc.assert(fc.property(fc.array(rule, { maxLength: MAX_LINK_RULES }), tag, (rules, own) => {
      const parsed = LinkRules.parse(rules.map(({ verb, tag }) => `${verb} ${tag === null ? 'any' : `tag:k=${tag}`}`))
      const first = rules.find(({ tag }) => tag === null || tag === own)
      assert.equal(parsed.isOpen({ peer: A, tags: { k: own } }), first?.verb !== 'deny')
    }))
  })
})
