import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, passwordMatches } from '../../src/staff/passwords.ts'

test('a password matches its own hash and no other does', async () => {
  const hash = await hashPassword('correct horse battery')
  assert.equal(await passwordMatches('correct horse battery', hash), true)
  assert.equal(await passwordMatches('correct horse batterY', hash), false)
  assert.equal(await passwordMatches('', hash), false)
})

test('the same password has another hash each time, and the hash does not hold it', async () => {
  const [one, other] = [await hashPassword('correct horse battery'), await hashPassword('correct horse battery')]
  assert.notEqual(one, other)
  assert.ok(!one.includes('correct horse battery'))
})

test('a password in any script matches, however its accents were typed', async () => {
  const hash = await hashPassword('caf\u00e9 na chai ya tangawizi')
  assert.equal(await passwordMatches('cafe\u0301 na chai ya tangawizi', hash), true)
})

test('nothing matches an unknown user or a hash that is damaged', async () => {
  for (const hash of [undefined, '', 'scrypt', 'scrypt$$', 'scrypt$AAAAAAAAAAAAAAAAAAAAAA$', 'plain$a$b']) {
    assert.equal(await passwordMatches('', hash), false)
    assert.equal(await passwordMatches('anything', hash), false)
  }
})

test('an unknown user takes the work of a known one', async () => {
  const hash = await hashPassword('correct horse battery')
  // Processor time, because a busy machine stretches the other.
  const costOf = async (known: string | undefined) => {
    const before = process.cpuUsage()
    for (let time = 0; time < 5; time++) await passwordMatches('a wrong password', known)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  await costOf(hash)
  const [known, unknown] = [await costOf(hash), await costOf(undefined)]
  assert.ok(unknown > known / 3, `${unknown} µs for an unknown user, ${known} µs for a known one`)
})
