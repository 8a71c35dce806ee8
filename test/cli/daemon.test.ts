import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Daemon, startDaemon } from '../flows/daemon.ts'
import { mlango, mlangoAtTerminal, startMlango } from './mlango.ts'

describe('the command line and a daemon that runs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-cli-'))
  const environment = {
    MLANGO_STORAGE_DATA_DIR: dir,
    MLANGO_HTTP_HOST: '127.0.0.1',
    MLANGO_HTTP_PORT: '0',
    MLANGO_RADIUS_HOST: '127.0.0.1',
    MLANGO_RADIUS_AUTH_PORT: '0',
    MLANGO_RADIUS_ACCT_PORT: '0',
  }
  let daemon: Daemon
  before(async () => {
    daemon = await startDaemon(environment)
  })
  after(async () => {
    assert.equal(await daemon.stop(), 0)
    rmSync(dir, { recursive: true })
  })

  /** Runs a command that must succeed. */
  const run = async (words: string[], input = '') => {
    const answer = await mlango(words, environment, input)
    assert.deepEqual([answer.status, answer.stderr], [0, ''], words.join(' '))
    return answer
  }
  /** Runs a command that must fail; returns its sentence. */
  const fail = async (words: string[], input = '') => {
    const { status, stdout, stderr } = await mlango(words, environment, input)
    assert.deepEqual([status, stdout], [1, ''], words.join(' '))
    assert.match(stderr, /^mlango: .+\n$/)
    return stderr
  }

  it('is found by its data directory alone: what only the service is told of the rest is not asked for', async () => {
    const file = join(dir, 'mlango.toml')
    writeFileSync(
      file,
      `[storage]\ndata_dir = ${JSON.stringify(dir)}\n[mpesa]\nconsumer_key = "its secret is not here"\n`,
    )
    const words = ['--config', file]
    const checked = await mlango(['config', 'check', ...words])
    assert.match(checked.stderr, /\[mpesa\] consumer_secret is missing/)
    const asked = await mlango(['queue', 'stats', ...words])
    assert.deepEqual([asked.status, asked.stderr], [0, ''])
    const copied = await mlango(['backup', join(dir, 'copy.db'), ...words])
    assert.deepEqual([copied.status, copied.stderr], [0, ''])
  })

  it('puts a package on sale and lists it', async () => {
    const words = ['package', 'add', '--name', '1 hour', '--price', '10', '--minutes', '60', '--data-mb', '500']
    assert.equal((await run(words)).stdout, 'Package 1 is on sale.\n')
    assert.match(await fail(words), /another package has it/)
    const { stdout } = await run(['package', 'list'])
    assert.match(
      stdout,
      /^id +name +price +minutes +data MB +devices +hidden +hours of sale\n +1 +1 hour +KES 10 +60 +500 +1 +no +-\n$/,
    )
    const [listed] = (await run(['package', 'list', '--json'])).json
    assert.deepEqual([listed.price_cents, listed.duration_seconds, listed.data_limit_bytes], [1000, 3600, 500_000_000])
  })

  it('puts a free package and hours of sale up', async () => {
    const words = ['package', 'add', '--minutes', '15', '--price', '0']
    await run([...words, '--name', 'Try us', '--hours', 'fri-mon,wed 22:00-02:00'])
    await run([...words, '--name', 'Night', '--hours', 'Daily 18:00-24:00'])
    const listed = (await run(['package', 'list', '--json'])).json.slice(1)
    assert.deepEqual([listed[0].price_cents, listed[0].sale_hours.until], [0, '02:00'])
    assert.deepEqual(listed[0].sale_hours.days, ['mon', 'wed', 'fri', 'sat', 'sun'])
    assert.equal(listed[1].sale_hours.days.length, 7)
    assert.match((await run(['package', 'list'])).stdout, /Try us +KES 0 .* mon,wed,fri,sat,sun 22:00-02:00\n/)
    for (const hours of ['monday 18:00-22:00', 'mon', 'mon 18:00', 'mon 18:00-22:00-23:00', 'mon 18:00-22:00 x']) {
      const { status, stderr } = await mlango([...words, '--name', 'Odd', '--hours', hours], environment)
      assert.deepEqual([status, /it looks like "mon-fri 18:00-22:00"/.test(stderr)], [2, true], hours)
    }
    assert.match(await fail([...words, '--name', 'Odd', '--hours', 'mon 18:00-25:00']), /sale_hours\.until/)
  })

  it('registers a router, prints its script again, and forgets it', async () => {
    const { stdout: line } = await run(['router', 'add', 'Tower 1', '--address', '192.168.88.1', '--api-tls'])
    assert.match(line, /^\/tool fetch url="http:.+\/script"/m)
    assert.match(line, /^# No router can reach http:\/\/127\.0\.0\.1:\d+: .*\[site\] portal_url/m)
    assert.match(line, /^# .*: \/system device-mode update hotspot=yes fetch=yes$/m)
    const [listed] = (await run(['router', 'list', '--json'])).json
    assert.deepEqual([listed.name, listed.status, listed.address], ['Tower 1', 'pending', '192.168.88.1'])
    assert.match((await run(['router', 'list'])).stdout, /online +seen +address.*\n.*Tower 1 .*\? +- +192\.168\.88\.1/)
    const { stdout: script } = await run(['router', 'script', '1'])
    assert.match(script, /\/radius add /)
    assert.notEqual((await run(['router', 'script', '1'])).stdout, script)
    const { stdout: again } = await run(['router', 'script', '1', '--line'])
    assert.match(again, /^\/tool fetch /)
    assert.ok(!line.includes(again.trim()))
    assert.equal((await run(['router', 'remove', '1'])).stdout, 'Removed.\n')
    assert.match(await fail(['router', 'script', '1']), /There is no such router/)
    assert.match(await fail(['router', 'add', 'Tower 2', '--address', 'nonsense']), /address: is not an IP address/)
  })

  it('makes vouchers, one code a line', async () => {
    const words = ['voucher', 'create', '--package', '1', '--count', '3', '--note', 'shop']
    const { stdout } = await run(words)
    assert.match(stdout, /^(\d{10}\n){3}$/)
    assert.equal((await run([...words, '--json'])).json.codes.length, 3)
    const code = stdout.split('\n')[0] ?? ''
    const tried = await run(['radius', 'test', '--user', code, '--password', code])
    assert.equal(tried.stdout, 'would be accepted: this voucher has not been used yet; a real login starts it\n')
    assert.match(await fail(['voucher', 'create', '--package', '99', '--count', '1']), /there is no such package/)
    const late = ['voucher', 'create', '--package', '1', '--count', '1', '--expires', 'soon']
    assert.match(await fail(late), /expires_at/)
  })

  it('lets an operator in and gives a new password, both from standard input', async () => {
    const added = await run(['user', 'add', 'amina', '--role', 'cashier'], 'a long enough password\n')
    assert.equal(added.stdout, 'amina may sign in.\n')
    assert.match(await fail(['user', 'add', 'amina', '--role', 'viewer'], 'a long enough password\n'), /is taken/)
    assert.match(
      await fail(['user', 'add', 'juma', '--role', 'viewer'], 'short\n'),
      /: The password needs at least 12 characters\.$/m,
    )
    await run(['user', 'reset-password', 'amina'], 'another long password\n')
    assert.match(await fail(['user', 'reset-password', 'nobody'], 'another long password\n'), /no such user/)
  })

  it('asks for a password twice at a terminal, ends each by Enter, and shows neither', async () => {
    const adding = mlangoAtTerminal(['user', 'add', 'zawadi', '--role', 'viewer'], environment)
    await adding.sees('characters): ')
    adding.type('a long enough passworm\x7fd\r')
    await adding.sees('again: ')
    adding.type('a long enough password\r')
    const added = await adding.end()
    assert.deepEqual(
      [added.status, added.shown.replaceAll('\r', '')],
      [0, 'Password (at least 12 characters): \nThe same again: \nzawadi may sign in.\n'],
    )
  })

  for (const [typed, sentence] of [
    [['short\r'], 'The password needs at least 12 characters.'],
    [['a long enough password\r', 'another long password\r'], 'The two passwords are not the same'],
    [['a long enough pass\x03'], 'No password was given'],
  ] as const) {
    it(`takes no password at a terminal when it must not: ${sentence}`, async () => {
      const resetting = mlangoAtTerminal(['user', 'reset-password', 'amina'], environment)
      await resetting.sees('characters): ')
      resetting.type(typed[0])
      if (typed[1] !== undefined) {
        await resetting.sees('again: ')
        resetting.type(typed[1])
      }
      const { status, shown } = await resetting.end()
      assert.equal(status, 1)
      assert.ok(shown.includes(`mlango: ${sentence}`), shown)
    })
  }

  it('makes a token that opens the API', async () => {
    const { stdout } = await run(['token', 'create', '--role', 'viewer'])
    const token = stdout.trim()
    const { httpPort } = daemon.log.find(({ msg }) => msg === 'ready') as { httpPort: number }
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${httpPort}${path}`, { headers: { Authorization: `Bearer ${token}` } })
    assert.equal((await ask('/api/grants')).status, 200)
    assert.equal((await ask('/api/audit')).status, 403)
  })

  it('lists payments and says that one is unknown', async () => {
    assert.deepEqual((await run(['payment', 'list', '--json'])).json, [])
    assert.match((await run(['payment', 'list'])).stdout, /^No payment yet\.\n$/)
    const those = ['--state', 'paid', '--phone', '0712345678', '--from', '2026-11-24T00:00:00Z']
    assert.match((await run(['payment', 'list', ...those])).stdout, /^No such payment\.\n$/)
    assert.match(await fail(['payment', 'list', '--state', 'lost']), /state/)
    for (const verb of ['show', 'reconcile']) {
      assert.match(await fail(['payment', verb, 'unknown']), /There is no such payment/)
    }
  })

  it('shows the queues', async () => {
    const { queues, pools } = (await run(['queue', 'stats', '--json'])).json
    assert.equal(queues.length, 12)
    assert.deepEqual(
      pools.map(({ name, workers }: { name: string; workers: number }) => `${name} ${workers}`),
      ['hotspot 3', 'payments 2', 'general 2'],
    )
    await run(['queue', 'failed'])
    assert.match(await fail(['queue', 'show', '99']), /There is no such job/)
  })

  it('keeps what it stores from the other users of the machine', () => {
    for (const name of ['mlango.db', 'mlango.db-wal', 'mlango.db-shm']) {
      assert.equal((statSync(join(dir, name)).mode & 0o777).toString(8), '600', name)
    }
  })

  it('ends a daemon that cannot listen everywhere, rather than leave half of it open', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mlango-cli-'))
    t.after(() => rmSync(dataDir, { recursive: true }))
    // Where the control socket should be.
    mkdirSync(join(dataDir, 'mlango.sock', 'in-the-way'), { recursive: true })
    const other = startMlango(['serve'], { ...environment, MLANGO_STORAGE_DATA_DIR: dataDir })
    const cut = setTimeout(() => other.kill('SIGKILL'), 20_000)
    assert.equal(await other.ended, 1)
    clearTimeout(cut)
  })

  it('refuses a second daemon on the same data', async () => {
    assert.match(await fail(['serve']), /daemon|runs|another/i)
  })
})
