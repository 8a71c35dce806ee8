import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRadiusHouse, PHONE, SECRET, USER } from '../radius/radius-house.ts'
import { startFreeRadius } from './freeradius.ts'
import { freeUdpPort, needs, run } from './radius-peer.ts'

const PROXYS_SECRET = 'between-router-and-proxy'

/** FreeRADIUS between a router and us, as a provider runs it: it adds a Proxy-State to everything. */
test(
  'FreeRADIUS as a proxy in front: logins and accounting go through',
  needs('freeradius', 'radclient'),
  async (t) => {
    const { server, records } = await openRadiusHouse(t)
    const [authPort, acctPort] = [await freeUdpPort(), await freeUdpPort()]
    const listen = (type: string, port: number) => `
  listen {
    type = ${type}
    ipaddr = 127.0.0.1
    port = ${port}
  }`
    const home = (name: string, type: string, port: number) => `
home_server ${name} {
  type = ${type}
  ipaddr = 127.0.0.1
  port = ${port}
  secret = ${SECRET}
  require_message_authenticator = yes
}
home_server_pool ${name} {
  home_server = ${name}
}`
    await startFreeRadius(
      t,
      `
proxy_requests = yes
client router {
  ipaddr = 127.0.0.1
  secret = ${PROXYS_SECRET}
}
${home('mlango_auth', 'auth', server.authPort)}
${home('mlango_acct', 'acct', server.acctPort)}
realm mlango {
  auth_pool = mlango_auth
  acct_pool = mlango_acct
  nostrip
}
server proxy {
${listen('auth', authPort)}
${listen('acct', acctPort)}
  authorize {
    update control {
      Proxy-To-Realm := "mlango"
    }
  }
  preacct {
    update control {
      Proxy-To-Realm := "mlango"
    }
  }
}
`,
    )
    const ask = async (port: number, kind: string, packet: string) =>
      (await run('radclient', ['-x', '-t', '3', '-r', '2', `127.0.0.1:${port}`, kind, PROXYS_SECRET], packet)).text
    const names = `User-Name=${USER.username},Calling-Station-Id=${PHONE},NAS-IP-Address=10.0.0.1`
    const accepted = await ask(authPort, 'auth', `${names},User-Password="${USER.password}",Proxy-State=0x0102`)
    assert.match(accepted, /Received Access-Accept/)
    assert.match(accepted, /Proxy-State = 0x0102/)
    assert.match(await ask(authPort, 'auth', `${names},CHAP-Password="${USER.password}"`), /Received Access-Accept/)
    assert.match(await ask(authPort, 'auth', `${names},User-Password=wrong`), /Received Access-Reject/)
    const start = `${names},Acct-Status-Type=Start,Acct-Session-Id=80a00001`
    assert.match(await ask(acctPort, 'acct', start), /Received Accounting-Response/)
    assert.equal(records[0]?.username, USER.username)
    assert.equal(server.counters.wrongSecret, 0)
  },
)
