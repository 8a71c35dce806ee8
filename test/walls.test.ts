import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'

const ROOT = new URL('../../', import.meta.url).pathname
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')

/** Imports that must not pass, by the file that tries them. */
const FORBIDDEN: [file: string, from: string][] = [
  ['src/store/a.ts', '../flow/queue.ts'],
  ['src/flow/a.ts', '../billing/packages.ts'],
  ['src/billing/a.ts', '../access/open-grant.ts'],
  ['src/access/a.ts', '../billing/payment-answers.ts'],
  ['src/staff/a.ts', '../http/house.ts'],
  ['src/routers/a.ts', '../access/open-grant.ts'],
  ['src/mpesa/a.ts', '../flow/queue.ts'],
  ['src/sms/a.ts', '../mpesa/mpesa-client.ts'],
  ['src/radius/a.ts', '../billing/packages.ts'],
  ['src/cloud/a.ts', '../billing/packages.ts'],
  ['src/http/a.ts', '../radius/radius-server.ts'],
  ['src/http/operator/a.ts', '../../cloud/cloud-publisher.ts'],
  ['src/systemd/a.ts', '../store/client.ts'],
  ['src/cli/a.ts', '../store/database.ts'],
  ['src/simulators/a.ts', '../mpesa/mpesa-client.ts'],
  ['src/simulators/router/nas/a.ts', '../../../radius/packet.ts'],
  ['jobs/payments/a.ts', '../../src/http/house.ts'],
  ['portal/a.ts', '../src/flow/events.ts'],
  ['src/routers/watch/a.ts', '../../billing/packages.ts'],
]

/** Packages that need care, and the files that may touch them. */
const OWNERS: Record<string, string[]> = {
  'better-sqlite3': ['src/store/database.ts', 'src/store/sole-daemon.ts'],
  bree: ['src/flow/clock-work.ts'],
  'node-routeros': ['src/routers/routeros-library.ts'],
  radius: ['src/radius/dictionary.ts'],
  mqtt: ['src/cloud/mqtt-link.ts'],
  aedes: ['src/simulators/broker-simulator.ts'],
}

describe('the walls of the house', () => {
  let project: string
  before(() => {
    project = mkdtempSync(join(tmpdir(), 'mlango-walls-'))
    const rules = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'))
    writeFileSync(join(project, 'biome.json'), JSON.stringify({ ...rules, vcs: { enabled: false } }))
    cpSync(join(ROOT, 'tsconfig.json'), join(project, 'tsconfig.json'))
  })
  after(() => rmSync(project, { recursive: true, force: true }))

  function lint(files: Record<string, string>): string {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, file)), { recursive: true })
      writeFileSync(join(project, file), text)
    }
    const { stdout, stderr } = spawnSync(process.execPath, [BIOME, 'lint', ...Object.keys(files)], {
      cwd: project,
      encoding: 'utf8',
    })
    return stdout + stderr
  }

  it('hold against every forbidden import, also of types', () => {
    const output = lint(
      Object.fromEntries(
        FORBIDDEN.map(([file, from]) => [file, `import type { Thing } from '${from}'\nexport type A = Thing\n`]),
      ),
    )
    for (const [file, from] of FORBIDDEN) {
      assert.ok(output.includes(`Do not import '${from}'`), `${file} may import ${from}:\n${output}`)
    }
  })

  it('let through what is allowed', () => {
    const output = lint({
      'src/flow/b.ts': "import type { Thing } from '../store/database.ts'\nexport type B = Thing\n",
      'src/billing/b.ts': "import type { Thing } from '../errors.ts'\nexport type B = Thing\n",
    })
    assert.doesNotMatch(output, /Do not import/)
  })

  it('hold against a circle of imports, also of types', () => {
    const output = lint({
      'src/billing/one.ts': "import type { Two } from './two.ts'\nexport type One = Two | 1\n",
      'src/billing/two.ts': "import type { One } from './one.ts'\nexport type Two = One | 2\n",
    })
    assert.match(output, /noImportCycles/)
  })

  it('have one door for every package that needs care', () => {
    const sources = globSync('{src,jobs,portal}/**/*.{ts,tsx}', { cwd: ROOT })
    assert.ok(sources.length > 100)
    for (const [name, owners] of Object.entries(OWNERS)) {
      const importers = sources.filter((file) =>
        importsOf(file).some((from) => from === name || from.startsWith(`${name}/`)),
      )
      assert.deepEqual(importers.sort(), owners, name)
    }
  })
})

const importsOf = (file: string) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g)].map(
    ([, from]) => from ?? '',
  )
