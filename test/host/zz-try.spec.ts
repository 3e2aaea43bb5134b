import { createTestnet } from '../helpers/testnet.ts'
it('starts', async function () {
  const t0 = performance.now()
  const net = await createTestnet({ forwarders: 3, rsps: ['reports', 'surveys'], hosts: 2 })
  console.log('made', performance.now() - t0)
  try {
    await net.ready()
    console.log('ready', performance.now() - t0)
    const c = await net.hosts[0].services.byway.open(net.hosts[1].peerId)
    console.log('open', performance.now() - t0)
    await c.settled()
    console.log('settled', performance.now() - t0, c.status)
  } catch (e) { console.log(e, net.rsps.map(r => r.services.byway.status), net.hosts.map(h => [h.services.byway.access.points, h.services.byway.discovery.directory.ofRole('rsp').length])) }
  await net.stop()
  console.log('stopped', performance.now() - t0)
})
