import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = new URL('../../../', import.meta.url).pathname
const TEXTS = 'portal/customer/texts.ts'

const skip = process.env.MLANGO_TEST_FULL === '1' ? false : 'It builds everything anew: --full'

test('a further language is a file of texts and its name in one list', { skip, timeout: 300_000 }, (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-language-'))
  t.after(() => rmSync(dir, { recursive: true }))
  for (const part of ['src', 'jobs', 'portal', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, part), join(dir, part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  const change = (from: string, to: string, edit: (text: string) => string) =>
    writeFileSync(join(dir, to), edit(readFileSync(join(dir, from), 'utf8')))

  change('portal/customer/texts/sw.ts', 'portal/customer/texts/so.ts', (text) =>
    text.replace('export const sw', 'export const so').replace('Kiswahili', 'Soomaali'),
  )
  change(TEXTS, TEXTS, (text) =>
    text.replace('{ en, sw }', '{ en, sw, so }').replace(/^/, "import { so } from './texts/so.ts'\n"),
  )

  const run = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  run('node_modules/typescript/bin/tsc', '--outDir', 'dist', '--tsBuildInfoFile', 'dist/notes')
  const said = run(
    '--input-type=module',
    '--eval',
    `import { loadConfig } from './dist/src/config.js'
     import { ourText } from './dist/src/sms/message-texts.js'
     import { refusalText } from './dist/src/radius/reject-texts.js'
     import { HelpPage } from './dist/portal/customer/help.js'
     import { pageHtml } from './dist/portal/page-html.js'
     const { languages } = loadConfig(undefined, { MLANGO_SITE_LANGUAGES: 'so,en' }).site
     const show = (language) => pageHtml(HelpPage({ siteName: 'A', language, supportPhone: undefined, path: '/help', portalAddress: 'a' }))
     console.log(JSON.stringify([languages, show('en').includes('>Soomaali</a>') && show('so').includes('<html lang="so"'), ourText('code_so'), refusalText('so', 'revoked')]))`,
  )
  assert.deepEqual(JSON.parse(said), [
    ['so', 'en'],
    true,
    '{site}: WiFi code {code} until {until}',
    'This access was withdrawn.',
  ])
})

test('no other place lists the languages', () => {
  const files = globSync(['src/**/*.{ts,tsx}', 'jobs/**/*.ts', 'portal/**/*.{ts,tsx}'], { cwd: ROOT })
  const listing = files.filter((file) => /'sw'/.test(readFileSync(join(ROOT, file), 'utf8')))
  assert.deepEqual(
    listing.filter((file) => !file.startsWith('src/store/migrations/')),
    [],
  )
})
