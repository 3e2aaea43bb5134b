// What the compliance suites of libp2p use of aegir: chai with promises, with assertions that may be called, and `equalBytes`.
import * as chai from 'chai'
import chaiAsPromised from 'chai-as-promised'
import chaiParentheses from 'chai-parentheses'

chai.use(chaiAsPromised)
chai.use(chaiParentheses)
chai.use(({ Assertion }) => {
  Assertion.addMethod('equalBytes', function (expected) {
    new Assertion(Buffer.compare(this._obj, expected), 'bytes').to.equal(0)
  })
})

export const { assert, expect } = chai
