import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { mlango } from './mlango.ts'

const USAGE = /^ {2}mlango ([a-z]+(?: [a-z-]+)?)/

/** The names of all commands, as the help lists them. */
async function commandNames(): Promise<string[]> {
  const { stdout } = await mlango(['--help'])
  return stdout.split('\n').flatMap((line) => USAGE.exec(line)?.[1] ?? [])
}

function setup(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-cli-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const config = join(dir, 'mlango.toml')
  writeFileSync(config, `[storage]\ndata_dir = "${dir}"\n[mpesa]\n`)
  return { dir, config, write: (text: string) => writeFileSync(config, text) }
}

test('without words, with --help or with help it lists its commands and is content', async () => {
  const answers = [await mlango([]), await mlango(['--help']), await mlango(['-h']), await mlango(['help'])]
  for (const { status, stdout, stderr } of answers) {
    assert.equal(status, 0)
    assert.equal(stderr, '')
    assert.equal(stdout, answers[0]?.stdout)
  }
  const names = await commandNames()
  for (const name of ['serve', 'demo', 'simulate router', 'queue stats', 'router add', 'voucher create', 'doctor']) {
    assert.ok(names.includes(name), `${name} is not listed`)
  }
})

test('it says which version it is', async () => {
  const { status, stdout } = await mlango(['--version'])
  assert.equal(status, 0)
  assert.match(stdout, /^mlango \d+\.\d+\.\d+\n$/)
})

test('every command explains itself', async () => {
  for (const name of await commandNames()) {
    const words = name === 'simulate router' ? ['simulate'] : name.split(' ')
    const { status, stdout } = await mlango([...words, '--help'])
    assert.equal(status, 0, name)
    assert.ok(stdout.includes(`mlango ${words.join(' ')}`), name)
  }
})

test('the first word of a group shows the group', async () => {
  const asked = await mlango(['router', '--help'])
  assert.equal(asked.status, 0)
  assert.match(asked.stdout, /router add [\s\S]*router list/)
  assert.ok(!asked.stdout.includes('queue stats'))
  const alone = await mlango(['router'])
  assert.equal(alone.status, 2)
  assert.match(alone.stderr, /^What is "router" to do\? Options come after that\.\n/)
  assert.match(alone.stderr, /router add/)
})

for (const words of [
  ['nonsense'],
  ['router', 'paint'],
  ['package', 'list', '--colour'],
  ['package', 'list', 'too', 'much'],
  ['package', 'add', '--name', 'x', '--price', '10.5', '--minutes', '60'],
  ['package', 'add', '--price', '10', '--minutes', '60'],
  ['router', 'add'],
  ['router', 'add', 'Tower 1', '--mode', 'open'],
  ['router', 'script', '../secret'],
  ['voucher', 'create', '--package', '1'],
  ['voucher', 'create', '--package', '1', '--count', '0'],
  ['payment', 'show'],
  ['token', 'create', '--role', 'owner'],
  ['token', 'create'],
  ['user', 'add', 'amina'],
  ['queue', 'show', 'a/b'],
  ['simulate', 'bank'],
  ['simulate', 'sms', '--scenario', 'late'],
  ['simulate', 'toString'],
  ['simulate', 'mpesa', '--scenario', 'toString'],
  ['demo', '--port', 'many'],
  ['demo', '--port', '70000'],
  ['demo', '--log', 'loud'],
  ['simulate', 'sms', '--port', '70000'],
  ['serve', 'now'],
]) {
  test(`wrong usage is told with status 2: mlango ${words.join(' ')}`, async () => {
    const { status, stdout, stderr } = await mlango(words)
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /Usage: mlango/)
    assert.ok(!stderr.includes('    at '), 'a stack is shown')
  })
}

for (const words of [
  ['router', 'list'],
  ['package', 'list'],
  ['payment', 'list'],
  ['queue', 'stats'],
  ['voucher', 'create', '--package', '1', '--count', '1'],
  ['token', 'create', '--role', 'admin'],
]) {
  test(`without a daemon it fails in one sentence: mlango ${words.join(' ')}`, async (t) => {
    const { dir, config } = setup(t)
    const { status, stdout, stderr } = await mlango([...words, '--config', config])
    assert.deepEqual([status, stdout], [1, ''])
    assert.equal(
      stderr,
      `mlango: The control socket ${dir}/mlango.sock answers nobody: is the daemon running, and is that its data directory? --config FILE names another.\n`,
    )
  })
}

test('no line of the help is wider than a terminal', async () => {
  const { stdout } = await mlango(['--help'])
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.length > 100),
    [],
  )
})

for (const [words, sentence] of [
  [['frob'], 'There is no command "frob".'],
  [['router', 'paint'], 'There is no command "router paint".'],
  [['queue', '--config', '/dev/null'], 'What is "queue" to do? Options come after that.'],
  [['router', 'add'], 'NAME is missing.'],
  [['backup'], 'FILE is missing.'],
  [
    ['queue', 'pause', 'sms', '--until', 'tomorrow'],
    '--until is tomorrow; it takes a time such as 2027-01-31T18:00:00Z.',
  ],
  [
    ['package', 'add', '--name', 'x', '--price', '10', '--minutes', '527041'],
    '--minutes is 527041; it takes a whole number from 1 to 527040.',
  ],
  [['queue', 'show', '1', '2'], '2 was not expected.'],
  [['voucher', 'revoke'], 'One of --code, --batch and --signed is needed.'],
  [['voucher', 'revoke', '--code', '1', '--batch', '2'], 'One of --code, --batch and --signed is needed.'],
  [
    ['package', 'add', '--name', 'x', '--price', '-5', '--minutes', '60'],
    '--price has no value; one that begins with a dash is written --price=-5.',
  ],
  [['package', 'add', '--name', 'x', '--price=-5'], '--price is -5; it takes a whole number from 0.'],
  [['package', 'add', '--name', '--price', '10'], '--name has no value.'],
  [['simulate', 'sms', '--radius-auth-port', '11812'], '--radius-auth-port goes with router.'],
  [
    ['voucher', 'create', '--package', '1', '--count', '1001'],
    '--count is 1001; it takes a whole number from 1 to 1000.',
  ],
] as const) {
  test(`wrong usage begins with what is wrong: mlango ${words.join(' ')}`, async () => {
    const { status, stderr } = await mlango(words)
    assert.deepEqual([status, stderr.split('\n')[0]], [2, sentence])
  })
}

for (const [words, sentence] of [
  [['payment', 'import', '/nope'], 'The file /nope cannot be read: there is no such file.'],
  [['voucher', 'sign', '--key', '/', '--package', 'x', '--count', '1'], 'The file / cannot be read: it is a folder.'],
  [
    ['voucher', 'sign', '--key', '/etc/hostname', '--package', 'x', '--count', '1'],
    '/etc/hostname holds no key that `mlango voucher keygen` made.',
  ],
  [['voucher', 'keygen', '--out', '/etc/hostname'], 'The file /etc/hostname cannot be written: it is there already.'],
  [['backup', '/no/where/x.db'], 'The folder /no/where does not exist.'],
  [['restore', '/nope'], 'There is no file /nope'],
  [['restore', '/'], '/ is a folder: name the backup in it.'],
  [['restore', '/etc/passwd'], '/etc/passwd is no database of Mlango'],
] as const) {
  test(`a file that cannot be used is told in one sentence: mlango ${words.join(' ')}`, async (t) => {
    const { config } = setup(t)
    const { status, stdout, stderr } = await mlango([...words, '--config', config])
    assert.deepEqual([status, stdout, stderr], [1, '', `mlango: ${sentence}\n`])
  })
}

test('a data directory that is a file, or lies below one, is told in one sentence, by doctor too', async (t) => {
  const { dir, config, write } = setup(t)
  for (const [below, why] of [
    ['', 'it is a file'],
    ['/data', 'a part of its path is no folder'],
  ] as const) {
    write(`[storage]\ndata_dir = "${config}${below}"\n`)
    const { status, stderr } = await mlango(['serve', '--config', config])
    assert.deepEqual(
      [status, stderr],
      [1, `mlango: [storage] data_dir cannot be ${dir}/mlango.toml${below}: ${why}.\n`],
    )
    assert.match((await mlango(['doctor', '--config', config])).stdout, /^WRONG database +.*mlango\.toml is a file\.$/m)
  }
})

test('a backup is restored into a data directory that is not there yet', async (t) => {
  const { dir, config, write } = setup(t)
  const file = join(dir, 'backup.db')
  const made = openWriter(file)
  migrate(made)
  made.close()
  write(`[storage]\ndata_dir = "${dir}/new/data"\n`)
  const { status, stdout, stderr } = await mlango(['restore', file, '--config', config])
  assert.deepEqual([status, stderr], [0, ''])
  assert.doesNotMatch(stdout, /systemctl/, 'there is no service in a checkout')
  assert.ok(existsSync(join(dir, 'new/data/mlango.db-restore')))
})

test('a backup into a folder is a file there, named as the daemon names its own, and takes the place of none', async (t) => {
  const { dir, config } = setup(t)
  const made = openWriter(join(dir, 'mlango.db'))
  migrate(made)
  made.close()
  const folder = join(dir, 'usb')
  mkdirSync(folder)
  for (const name of ['mlango-000001.db', 'mlango-000002.db']) {
    const { status, stdout, stderr } = await mlango(['backup', folder, '--config', config])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, new RegExp(`^${folder}/${name}: \\d+ bytes, read back and sound\\.\n$`))
  }
  assert.deepEqual(readdirSync(folder).sort(), ['mlango-000001.db', 'mlango-000002.db'])
})

test('a configuration that is right is called so', async (t) => {
  const { config } = setup(t)
  const { status, stdout } = await mlango(['config', 'check', '--config', config])
  assert.deepEqual([status, stdout], [0, 'The configuration is right.\n'])
  assert.deepEqual((await mlango(['config', 'check', '--config', config, '--json'])).json, { ok: true })
})

test('a configuration that names a file which is not there is not right', async (t) => {
  const { config, write } = setup(t)
  for (const [toml, sentence] of [
    [
      '[http]\ntls_cert = "/nope"\ntls_key = "/nope"',
      '[http] tls_cert names /nope, which cannot be read: there is no such file.',
    ],
    ['[cloud]\nca = "/nope"', '[cloud] ca names /nope, which cannot be read: there is no such file.'],
    ['[site]\nlogo = "/nope.svg"', '[site] logo names /nope.svg, which cannot be read: there is no such file.'],
  ] as const) {
    write(toml)
    const { status, stdout, stderr } = await mlango(['config', 'check', '--config', config])
    assert.deepEqual([status, stdout, stderr], [1, '', `mlango: ${sentence}\n`])
  }
})

test('a mistake in the configuration fails every command in one sentence', async (t) => {
  const { config, write } = setup(t)
  write('[http]\nprot = 8080\n')
  for (const words of [['config', 'check'], ['serve'], ['package', 'list']]) {
    const { status, stdout, stderr } = await mlango([...words, '--config', config])
    assert.deepEqual([status, stdout], [1, ''], words.join(' '))
    assert.match(stderr, /^mlango: Configuration: unknown key \[http\] prot; the nearest known name is port\.\n$/)
  }
})

test('the configuration is printed without its secrets', async (t) => {
  const { config, write } = setup(t)
  write('[admin]\ntoken = "a-very-secret-token"\n[cloud]\nurl = "mqtts://me:geheim@broker.example"\n')
  for (const format of [[], ['--json']]) {
    const { status, stdout } = await mlango(['config', 'print', '--config', config, ...format])
    assert.equal(status, 0)
    assert.ok(!stdout.includes('a-very-secret-token') && !stdout.includes('geheim'))
    assert.match(stdout, /\[secret\]/)
  }
})

test('the environment wins over the file', async (t) => {
  const { config, write } = setup(t)
  write('[site]\nname = "From the file"\n')
  const { json } = await mlango(['config', 'print', '--config', config, '--json'], { MLANGO_SITE_NAME: 'From outside' })
  assert.equal(json.site.name, 'From outside')
})
