import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { isAuthenticReply } from '../../src/simulators/router/nas/authenticity.ts'
import { type Packet, parsePacket } from '../../src/simulators/router/nas/packet.ts'
import { makeAuthority } from '../peers/certificates.ts'
import { accountingMutants, isProven, loginMutants, MS_CHAP_USER, type Mutants, seeded } from './mutations.ts'
import { openPlug, openRadiusHouse, SECRET, statusServer, USER } from './radius-house.ts'

const ROUNDS = process.env.MLANGO_TEST_FULL ? 1_400 : 40
/** A round that breaks something breaks it again: set MLANGO_TEST_SEED to what the failed run printed. */
const SEED = Number(process.env.MLANGO_TEST_SEED ?? 20_251_126)
const TIMEOUT = { timeout: 1_200_000 }
const RADSEC = 'radsec'
/** Sent before the server is asked whether it lives: more would not fit the receive buffer that Linux gives by default. */
const BATCH = 50

function batchOf({ sealed, garbled }: Mutants, garbledOf50: number): Buffer[] {
  return Array.from({ length: BATCH }, (_, i) => (i < garbledOf50 ? garbled() : sealed()))
}

/** Takes both passwords, so that every method gets as far as its accept. */
async function openFuzzedHouse(t: TestContext, options: Parameters<typeof openRadiusHouse>[1]) {
  const house = await openRadiusHouse(t, options)
  house.hands.authorize = (login) => {
    house.logins.push(login)
    return login.matches(USER.password) || login.matches(MS_CHAP_USER.password)
      ? { outcome: 'accept', sessionTimeoutSeconds: 60, classToken: 'grant.token', portLimit: 1 }
      : { outcome: 'reject', refusal: 'wrong-code' }
  }
  return house
}

const isStatusAnswer = (status: Buffer, secret: string) => (reply: Buffer) =>
  reply[1] === status[1] && isAuthenticReply(parsePacket(reply) as Packet, status, secret, true)

test(
  `${ROUNDS * 3 * BATCH} mutated packets neither stop the server nor get an answer that they must not get (seed ${SEED})`,
  TIMEOUT,
  async (t) => {
    const { server, clock, logins, records, logLines } = await openFuzzedHouse(t, {
      nas: { requireMessageAuthenticator: 'yes' },
    })
    const [auth, acct] = [await openPlug(t, server.authPort), await openPlug(t, server.acctPort)]
    const random = seeded(SEED)
    const [login, accounting] = [loginMutants(random, SECRET), accountingMutants(random, SECRET)]
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [plug, batch] of [
        [auth, batchOf(login, 25)],
        [auth, batchOf(login, 0)],
        [acct, batchOf(accounting, 25)],
      ] as const) {
        const answerable = new Set<number>()
        for (const packet of batch) {
          if (isProven(packet, SECRET)) answerable.add(packet.readUInt8(1))
          plug.send(packet)
        }
        // Twice: what waits for the disk is answered after what does not, but before what is asked later.
        for (const status of [statusServer(), statusServer()]) {
          plug.send(status)
          const isStatus = isStatusAnswer(status, SECRET)
          while (!plug.replies.some(isStatus)) await plug.whenReplies(plug.replies.length + 1)
          plug.replies.splice(plug.replies.findIndex(isStatus), 1)
        }
        const unexpected = plug.replies.filter((reply) => !answerable.has(reply.readUInt8(1)))
        assert.deepEqual(unexpected, [], `round ${round} of seed ${SEED} was answered where it must not`)
        plug.replies.length = 0
      }
      clock.step(60_000)
    }
    const { counters } = server
    const seen = Object.values(counters).reduce((sum, count) => sum + count, 0)
    assert.equal(seen, ROUNDS * 3 * (BATCH + 2))
    assert.equal(counters.failed, 0, logLines.join(''))
    t.diagnostic(JSON.stringify({ ...counters, logins: logins.length, records: records.length }))
    // Behind the check of the secret, too: what never gets there proves nothing about the handlers.
    assert.ok(counters.accepted > ROUNDS * 5, `${counters.accepted} accepted`)
    assert.ok(counters.rejected > ROUNDS * 20, `${counters.rejected} rejected`)
    assert.ok(logins.length > ROUNDS * 15, `${logins.length} asked for`)
    assert.ok(records.length > ROUNDS * 5, `${records.length} accounted for`)
  },
)

test(
  `${ROUNDS * BATCH} mutated packets on RadSec streams, cut anywhere, end at most their own connection (seed ${SEED})`,
  TIMEOUT,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mlango-radsec-fuzz-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const { ca, issue } = makeAuthority(folder)
    const pem = ({ key, cert }: { key: string; cert: string }) => ({
      key: readFileSync(key),
      cert: readFileSync(cert),
      ca: readFileSync(ca),
    })
    const { server, clock, logins, logLines } = await openFuzzedHouse(t, {
      radsec: { port: 0, ...pem(issue('mlango')) },
    })
    const router = pem(issue('Router 7'))
    const random = seeded(SEED)
    const [login, accounting] = [loginMutants(random, RADSEC), accountingMutants(random, RADSEC)]

    async function dial(): Promise<TLSSocket> {
      const socket = connect({ port: server.radsecPort ?? 0, host: '127.0.0.1', ...router })
      socket.on('error', () => {})
      await once(socket, 'secureConnect')
      return socket
    }

    /** In pieces, as the network would. */
    function write(socket: TLSSocket, stream: Buffer): void {
      for (let at = 0; at < stream.length; ) {
        const size = 1 + random.below(700)
        socket.write(stream.subarray(at, at + size))
        at += size
      }
    }

    /** Everything that came until the answer to `status`, or until the server ended the connection. */
    async function repliesUntil(socket: TLSSocket, status: Buffer): Promise<{ replies: Buffer[]; ended: boolean }> {
      const replies: Buffer[] = []
      const isStatus = isStatusAnswer(status, RADSEC)
      let pending = Buffer.alloc(0)
      for await (const chunk of socket) {
        pending = Buffer.concat([pending, chunk])
        while (pending.length >= 4 && pending.length >= pending.readUInt16BE(2)) {
          const reply = pending.subarray(0, pending.readUInt16BE(2))
          pending = pending.subarray(reply.length)
          if (isStatus(reply)) return { replies, ended: false }
          replies.push(reply)
        }
      }
      return { replies, ended: true }
    }

    for (let round = 0; round < ROUNDS; round += 1) {
      const batch = Array.from({ length: BATCH }, () => {
        const mutants = random.below(3) ? login : accounting
        return random.below(4) ? mutants.sealed() : mutants.garbled()
      })
      // A length that is not the packet's own takes what follows with it: those go into a stream of their own.
      const isFramed = (packet: Buffer) => packet.length >= 20 && packet.readUInt16BE(2) === packet.length
      const framed = batch.filter(isFramed)
      const status = statusServer(true, RADSEC)
      const socket = await dial()
      write(socket, Buffer.concat([...framed, status]))
      const { replies, ended } = await repliesUntil(socket, status)
      assert.equal(ended, false, `round ${round} of seed ${SEED} ended a connection of whole packets`)
      const answerable = new Set(
        framed.flatMap((packet) => (isProven(packet, RADSEC, true) ? packet.readUInt8(1) : [])),
      )
      const unexpected = replies.filter((reply) => !answerable.has(reply.readUInt8(1)))
      assert.deepEqual(unexpected, [], `round ${round} of seed ${SEED} was answered where it must not`)
      if (framed.length < batch.length) {
        const broken = await dial()
        write(broken, Buffer.concat(batch.filter((packet) => !isFramed(packet))))
        // Nonsense where a length should be ends it; what only waits for more is ended by its sender.
        broken.end()
        broken.resume()
        await once(broken, 'close')
      }
      clock.step(60_000)
    }
    assert.equal(server.counters.failed, 0, logLines.join(''))
    t.diagnostic(JSON.stringify({ ...server.counters, logins: logins.length }))
    assert.ok(server.counters.accepted > ROUNDS * 2, `${server.counters.accepted} accepted`)
    assert.ok(logins.length > ROUNDS * 10, `${logins.length} asked for`)
  },
)
