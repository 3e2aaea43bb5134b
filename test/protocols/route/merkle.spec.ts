import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { auditPath, merkleRoot, verifyAuditPath } from '../../../protocols/route/merkle.ts'

const hex = (text: string): Uint8Array => fromString(text, 'base16')
const toHex = (bytes: Uint8Array): string => toString(bytes, 'base16')

// inputs and results of the Certificate Transparency reference implementation
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(hex)
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
]
const PROOFS = [
  { index: 0, size: 1, path: [] },
  {
    index: 0,
    size: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4'
    ]
  },
  {
    index: 5,
    size: 8,
    path: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'
    ]
  },
  { index: 2, size: 3, path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
  {
    index: 1,
    size: 5,
    path: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b'
    ]
  }
]

/** The definition as it stands in RFC 9162, 2.1.1. */
function rootByDefinition (leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) {
    return sha256(new Uint8Array(0))
  }
  if (leaves.length === 1) {
    return sha256(concat([Uint8Array.of(0), leaves[0]]))
  }
  let split = 1
  while (split * 2 < leaves.length) {
    split *= 2
  }
  return sha256(concat([Uint8Array.of(1), rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split))]))
}

const manyLeaves = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 })
const leavesAndIndex = manyLeaves.chain(leaves => fc.tuple(fc.constant(leaves), fc.nat({ max: leaves.length - 1 })))

describe('protocols/route/merkle', () => {
  for (const [size, root] of ROOTS.entries()) {
    it(`has the reference root over ${size} leaves`, () => {
      assert.equal(toHex(merkleRoot(LEAVES.slice(0, size))), root)
    })
  }

  for (const { index, size, path } of PROOFS) {
    it(`has the reference audit path of leaf ${index} of ${size}, and accepts it`, () => {
      const leaves = LEAVES.slice(0, size)

      assert.deepEqual(auditPath(leaves, index).map(toHex), path)
      assert.equal(verifyAuditPath({ leaf: leaves[index], index, treeSize: size, path: path.map(hex), root: hex(ROOTS[size]) }), true)
    })
  }

  it('agrees with the recursive definition of the RFC for any leaves', () => {
    fc.assert(fc.property(manyLeaves, leaves => {
      assert.deepEqual(merkleRoot(leaves), rootByDefinition(leaves))
    }), { numRuns: 50 })
  })

  it('accepts every leaf of every tree with its own audit path', () => {
    fc.assert(fc.property(leavesAndIndex, ([leaves, index]) => {
      const path = auditPath(leaves, index)
      assert.equal(verifyAuditPath({ leaf: leaves[index], index, treeSize: leaves.length, path, root: merkleRoot(leaves) }), true)
    }), { numRuns: 100 })
  })

  it('refuses a leaf, hash or root in which one bit differs', () => {
    fc.assert(fc.property(leavesAndIndex, fc.nat(), fc.nat(), ([leaves, index], where, bit) => {
      const check = { leaf: Uint8Array.from(leaves[index]), index, treeSize: leaves.length, path: auditPath(leaves, index).map(h => Uint8Array.from(h)), root: Uint8Array.from(merkleRoot(leaves)) }
      const parts = [check.leaf, check.root, ...check.path].filter(part => part.length > 0)
      const part = parts[where % parts.length]
      part[bit % part.length] ^= 1 << (bit % 8)
      assert.equal(verifyAuditPath(check), false)
    }), { numRuns: 200 })
  })

  it('refuses another index', () => {
    const leaves = LEAVES
    const root = merkleRoot(leaves)
    for (let index = 0; index < leaves.length; index++) {
      for (let claimed = -1; claimed <= leaves.length; claimed++) {
        const holds = verifyAuditPath({ leaf: leaves[index], index: claimed, treeSize: leaves.length, path: auditPath(leaves, index), root })
        assert.equal(holds, claimed === index, `${index} claimed to be ${claimed}`)
      }
    }
  })

  it('refuses a path with a hash too many or too few', () => {
    fc.assert(fc.property(leavesAndIndex, fc.boolean(), ([leaves, index], longer) => {
      const path = auditPath(leaves, index)
      fc.pre(longer || path.length > 0)
      const changed = longer ? [...path, new Uint8Array(32)] : path.slice(0, -1)
      assert.equal(verifyAuditPath({ leaf: leaves[index], index, treeSize: leaves.length, path: changed, root: merkleRoot(leaves) }), false)
    }), { numRuns: 50 })
  })

  it('refuses an inner node that is shown as a leaf', () => {
    const [a, b] = LEAVES
    const hash = (leaf: Uint8Array): Uint8Array => merkleRoot([leaf])
    const inner = concat([hash(a), hash(b)])
    assert.equal(verifyAuditPath({ leaf: inner, index: 0, treeSize: 1, path: [], root: merkleRoot([a, b]) }), false)
  })

  it('handles positions beyond 31 bits', () => {
    const leaf = hex('2021')
    const path = Array.from({ length: 32 }, () => new Uint8Array(32))
    let root = merkleRoot([leaf])
    for (const hash of path) {
      root = sha256(concat([Uint8Array.of(1), hash, root]))
    }
    assert.equal(verifyAuditPath({ leaf, index: 2 ** 32 - 1, treeSize: 2 ** 32, path, root }), true)
    assert.equal(verifyAuditPath({ leaf, index: 2 ** 31 - 1, treeSize: 2 ** 32, path, root }), false)
  })

  const odd = [
    ['index not an integer', { index: 0.5 }],
    ['index NaN', { index: Number.NaN }],
    ['tree of no leaves', { treeSize: 0 }],
    ['tree larger than the limit', { treeSize: 2 ** 32 + 1 }],
    ['hash of another length', { path: [new Uint8Array(31)] }],
    ['root of another length', { root: new Uint8Array(0) }]
  ] as const
  for (const [name, change] of odd) {
    it(`is false, and does not throw, for: ${name}`, () => {
      const leaf = hex('00')
      assert.equal(verifyAuditPath({ leaf, index: 0, treeSize: 1, path: [], root: merkleRoot([leaf]), ...change } as Parameters<typeof verifyAuditPath>[0]), false)
    })
  }

  it('says which index is outside the tree', () => {
    assert.throws(() => auditPath(LEAVES, 8), { name: 'RangeError', message: /no leaf 8 in a tree of 8/ })
  })
})
