import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { encodeSentence } from '../../src/simulators/router/api/words.ts'
import { brief, failure, setup } from './connection-house.ts'
import { yes } from './scripted-router.ts'

// Numbers are those of docs/routeros-defects.md; what would end the process is in survival.test.ts.

test('9: no split of the answer withholds it or loses the place', async (t) => {
  const rows = Array.from({ length: 31 }, (_, index) => ({
    '.id': `*${index.toString(16)}`,
    name: `user-${index}`,
    comment: 'x'.repeat(index * 9),
  }))
  const { connect } = await setup(t, {
    act({ words, tag, peer }) {
      const size = Number(words[1]?.split('=')[2])
      const sentences = rows.map((row) =>
        encodeSentence(['!re', `.tag=${tag}`, ...Object.entries(row).map(([name, value]) => `=${name}=${value}`)]),
      )
      const bytes = Buffer.concat([...sentences, encodeSentence(['!done', `.tag=${tag}`])])
      void inPieces(peer.socket, bytes, size)
    },
  })
  const connection = await connect()
  for (const size of [1, 2, 3, 4, 5, 7, 11, 13, 22, 25, 60, 1000]) {
    assert.deepEqual(await connection.run(['/print', `=size=${size}`]), rows, `pieces of ${size} bytes`)
  }
})

test('9: the last zero byte may come alone', async (t) => {
  const { connect } = await setup(t, {
    act({ tag, peer }) {
      const bytes = encodeSentence(['!done', `.tag=${tag}`, '=ret=*1A'])
      peer.socket.write(bytes.subarray(0, -1), () => setImmediate(() => peer.socket.write(bytes.subarray(-1))))
    },
  })
  assert.deepEqual(await (await connect()).run(['/add']), [{ ret: '*1A' }])
})

test('9: bytes that are no API protocol end the connection instead of the process', async (t) => {
  for (const nonsense of [Buffer.of(0xff, 1, 2), Buffer.of(0xf0, 0xff, 0xff, 0xff, 0xff)]) {
    const { connect } = await setup(t, { act: ({ peer }) => peer.socket.write(nonsense) })
    assert.deepEqual(brief(await failure((await connect()).run(['/print']))), { kind: 'network', sent: true })
  }
})

/** Each piece is read before the next one is written. */
async function inPieces(socket: Socket, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    await new Promise((resolve) => socket.write(bytes.subarray(at, at + size), resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('11: names in any script are not garbled, neither way', async (t) => {
  const name = 'Duka la Wanjikũ 🌍 ዱካ'
  const { router, connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!re', `=name=${command.words[1]?.slice('=name='.length)}`)
      yes(command)
    },
  })
  assert.deepEqual(await (await connect()).run(['/print', `=name=${name}`]), [{ name }])
  assert.deepEqual(router.heard[0]?.words, ['/print', `=name=${name}`])
})

test("12: the caller's words are not changed, so a repeated command does not carry two tags", async (t) => {
  const tags: number[] = []
  const { connect } = await setup(t, {
    connected: ({ socket }) => socket.on('data', (chunk) => tags.push(String(chunk).split('.tag=').length - 1)),
  })
  const connection = await connect()
  const words = ['/system/identity/print']
  await connection.run(words)
  await connection.run(words)
  assert.deepEqual(words, ['/system/identity/print'])
  assert.deepEqual(tags, [1, 1, 1])
})

test('13: no trap is lost, nor its category', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!trap', '=category=0', '=message=no such command or directory (wifi)')
      command.peer.say(command, '!trap', '=message=no such command prefix')
      yes(command)
    },
  })
  const error = await failure((await connect()).run(['/interface/wifi/print']))
  assert.deepEqual(error.traps, [
    { message: 'no such command or directory (wifi)', category: 0 },
    { message: 'no such command prefix' },
  ])
  assert.deepEqual(brief(error), { kind: 'trap', sent: false })
})

test('13: the router that gave up waiting for itself may have done it', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(
        command,
        '!trap',
        '=message=action timed out - try again, if error continues contact MikroTik (13)',
      )
      yes(command)
    },
  })
  assert.deepEqual(brief(await failure((await connect()).run(['/add']))), { kind: 'trap', sent: true })
})

test('21: a row without properties is not dropped', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!re')
      command.peer.say(command, '!re', '=name=a=b', '=comment=')
      yes(command)
    },
  })
  assert.deepEqual(await (await connect()).run(['/print']), [{}, { name: 'a=b', comment: '' }])
})

test('answers find their command, however many are on the way', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      setImmediate(() => {
        command.peer.say(command, '!done', `=ret=${command.words[1]}`)
      })
    },
  })
  const connection = await connect()
  const asked = Array.from({ length: 200 }, (_, index) => `number ${index}`)
  const answers = await Promise.all(asked.map((word) => connection.run(['/echo', word])))
  assert.deepEqual(
    answers.map(([row]) => row?.ret),
    asked,
  )
})
