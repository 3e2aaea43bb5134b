// What the transport suite of libp2p uses of aegir: chai with promises, with assertions that are called, and `equalBytes`.
import * as chai from 'chai'
import chaiAsPromised from 'chai-as-promised'

chai.use(chaiAsPromised)
chai.use(({ Assertion }) => {
  Assertion.addMethod('equalBytes', function (expected) {
    new Assertion(Buffer.compare(this._obj, expected), 'bytes').to.equal(0)
  })
  for (const name of ['empty', 'rejected']) {
    const { get } = Object.getOwnPropertyDescriptor(Assertion.prototype, name)
    Object.defineProperty(Assertion.prototype, name, {
      configurable: true,
      get () {
        const result = get.call(this)
        return () => result
      }
    })
  }
})

export const { expect } = chai
