import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectivityInput } from '../../src/routers/connectivity-input.ts'
import { connectivityScript } from '../../src/routers/connectivity-script.ts'
import { hotspotLoginPage } from '../../src/routers/hotspot-login-page.ts'
import { parsedTexts, type Token, tokensOf, undeclared } from './script-tokens.ts'

const INPUT: ConnectivityInput = {
  routerId: 7,
  routerName: 'Gate',
  applianceAddress: '192.168.88.2',
  portalUrl: 'http://192.168.88.2:8080',
  adoptUrl: 'http://192.168.88.2:8080/api/routers/adopt/abc-_123',
  apiUsername: 'mlango',
  apiPassword: 'password',
  apiPort: 8728,
  apiTls: false,
  radiusSecret: 'secret',
  radiusAuthPort: 1812,
  radiusAcctPort: 1813,
  coaPort: 3799,
  interimIntervalSeconds: 300,
  accessMode: 'radius',
}

const VARIANTS: Partial<ConnectivityInput>[] = [
  {},
  { apiTls: true, apiPort: 8729 },
  {
    applianceAddress: 'box.example',
    portalUrl: 'https://box.example',
    adoptUrl: 'https://box.example/api/routers/adopt/abc',
  },
  { applianceAddress: '[fd00::2]', portalUrl: 'http://[fd00::2]:8080' },
]

const scriptOf = (changes: Partial<ConnectivityInput> = {}) => connectivityScript({ ...INPUT, ...changes })

/** The script itself and every text that it gives to `:parse`. */
function layersOf(script: string): { outer: Token[]; inner: Token[][] } {
  const outer = tokensOf(script)
  return { outer, inner: parsedTexts(outer).map(tokensOf) }
}

/** Strings blanked: what is left is code. */
const codeOf = (tokens: Token[]) => tokens.map(({ kind, text }) => (kind === 'string' ? '""' : text))
const textOf = (tokens: Token[]) =>
  tokens.map(({ kind, text }) => (kind === 'string' ? JSON.stringify(text) : text)).join(' ')
const stringsOf = (tokens: Token[]) => tokens.filter(({ kind }) => kind === 'string').map(({ text }) => text)

test('every quote and bracket is closed, outside and within the texts for :parse', () => {
  for (const changes of VARIANTS) {
    const { inner } = layersOf(scriptOf(changes))
    assert.ok(inner.length >= 12)
  }
})

test('every variable is declared where it is used: code under :parse sees none from outside', () => {
  for (const changes of VARIANTS) {
    const { outer, inner } = layersOf(scriptOf(changes))
    for (const layer of [outer, ...inner]) assert.deepEqual(undeclared(layer), [], textOf(layer))
  }
})

test('no name, password or secret can become code', () => {
  const hostile = [
    '"; /user add name=evil group=full; :put "',
    '\\',
    '\\"',
    '$failedSteps',
    '[/system reset-configuration]',
    '{}()[]',
    '# not a comment',
    'line\nbreak\r\ttab',
    'quo?te',
    'Kahawa ☕ wĩra',
    "'; drop",
    '%2B&failed=',
    '\u0000\u007f',
  ]
  const benign = layersOf(scriptOf())
  for (const value of hostile) {
    const script = scriptOf({ routerName: value, apiUsername: value, apiPassword: value, radiusSecret: value })
    const { outer, inner } = layersOf(script)
    assert.deepEqual(codeOf(outer), codeOf(benign.outer), JSON.stringify(value))
    assert.deepEqual(inner.map(codeOf), benign.inner.map(codeOf), JSON.stringify(value))
    assert.ok(
      inner.some((tokens) => stringsOf(tokens).includes(value)),
      'the router gets the very value',
    )
    assert.match(script, /^[\x20-\x7e\n]*$/)
  }
})

test('names that not every release knows are not outside of :parse', () => {
  const risky =
    /require-message-auth|available-from|servers|device-mode|hotspot|routerboard|certificate |dynamic|private-key|rest-api|tikapp|onerror|^:return$/
  for (const changes of VARIANTS) {
    const { outer } = layersOf(scriptOf(changes))
    const words = outer.filter(({ kind }) => kind === 'word').map(({ text }) => text)
    assert.deepEqual(
      words.filter((word) => risky.test(word)),
      [],
    )
  }
})

test('what only newer releases know runs only there', () => {
  const lines = scriptOf().split('\n')
  const guardOf = (name: string) => {
    const at = lines.findIndex((line) => line.includes(name))
    return lines.slice(0, at).findLast((line) => line.startsWith(':if')) ?? ''
  }
  const newerThan = (minor: number) =>
    new RegExp(`\\(\\(\\$osMajor > 7\\) \\|\\| \\(\\(\\$osMajor = 7\\) && \\(\\$osMinor >= ${minor}\\)\\)\\)`)
  assert.match(guardOf('require-message-auth'), newerThan(15))
  assert.match(guardOf('/system device-mode get'), newerThan(17))
  assert.match(guardOf('dynamic=no] disabled'), newerThan(19))
  assert.match(guardOf('available-from'), newerThan(24))
})

test('paths have blanks, for RouterOS 6, and no variable is named like a property that is searched for', () => {
  for (const changes of VARIANTS) {
    const { outer, inner } = layersOf(scriptOf(changes))
    for (const layer of [outer, ...inner]) {
      const words = layer.filter(({ kind }) => kind === 'word').map(({ text }) => text)
      assert.deepEqual(
        words.filter((word) => /^\/[a-z-]+\//.test(word)),
        [],
      )
      assert.doesNotMatch(textOf(layer), /\b([a-z]+)=\s*\$?\1\b/)
      assert.doesNotMatch(textOf(layer), /:return \]|:return$/)
    }
  }
})

test('every step does what it must, with these very values', () => {
  const all = layersOf(scriptOf({ coaPort: 1700, radiusAuthPort: 11812, radiusAcctPort: 11813 }))
    .inner.map(textOf)
    .join('\n')
  for (const needed of [
    /\/user group add name= "mlango" policy=api,read,write,test/,
    /\/user add name= "mlango" .* password= "password" address= prefix/,
    /service=hotspot,ppp address= appliance secret= "secret" authentication-port=11812 accounting-port=11813 timeout=3s/,
    /\/radius incoming set accept=yes port=1700/,
    /require-message-auth=yes-for-request-resp/,
    /use-radius=yes radius-accounting=yes radius-interim-update=300s login-by=mac-cookie,http-chap,http-pap/,
    /\/tool fetch url= "http:\/\/192\.168\.88\.2:8080\/hotspot\/login\.html\?router=7" dst-path= \( directory \. "\/login.html" \)/,
    /\/ip hotspot walled-garden ip add comment= "mlango:appliance" disabled=no action=accept dst-address= appliance/,
    /\/ip hotspot walled-garden add comment= "mlango:portal" disabled=no action=allow dst-host= "192\.168\.88\.2"/,
    /\/ip firewall filter add comment= "mlango:appliance" disabled=no chain=input action=accept src-address= appliance/,
    /\/ip firewall filter move numbers= ruleId destination= firstId/,
    /\/ip service set \[ \/ip service find name= "api" \] disabled=no port=8728 address= prefix/,
    /:if \( \[ :len asked \] = 0 \) do= \{ \/system ntp client set servers= "0\.pool\.ntp\.org,1\.pool\.ntp\.org" \}/,
  ]) {
    assert.match(all, needed)
  }
})

test('a router that knows its users itself is not told to ask us', () => {
  const all = layersOf(scriptOf({ accessMode: 'local' }))
    .inner.map(textOf)
    .join('\n')
  assert.match(all, /\/ip hotspot profile set profileId use-radius=no login-by=mac-cookie,http-chap,http-pap/)
  assert.doesNotMatch(all, /use-radius=yes/)
})

const hotspotSteps = (changes: Partial<ConnectivityInput>) =>
  layersOf(scriptOf(changes))
    .inner.map((tokens) => textOf(tokens).replaceAll(/ +/g, ' '))
    .filter((text) => text.includes('/ip hotspot'))

test('the only hotspot is used; of several none is touched, and it is said what to say', () => {
  const [profile = '', page = '', garden = ''] = hotspotSteps({})
  const isMeant = /:if \( \( serverName = "mlango" \) \|\| \( others = 1 \) \) do= \{/
  for (const step of [profile, page]) {
    assert.match(step, isMeant)
    assert.ok(step.search(isMeant) < step.search(/profile set|\/tool fetch/))
  }
  assert.match(profile, /mlango router provision 7 --use NAME,NAME" :error "several hotspots"/)
  assert.match(
    garden,
    /:if \( \( others < 2 \) \|\| \( others != count \) \) do= \{ :if \( \[ :len \[ \/ip hotspot walled-garden/,
  )
})

test('those that were named are used, whatever their names hold, and nothing that they share with others', () => {
  const hostile = '"; /system reset-configuration; :put "'
  const [profile = '', page = ''] = hotspotSteps({ useHotspots: ['staff', hostile] })
  for (const step of [profile, page]) {
    assert.ok(
      step.includes(
        `:if ( ( serverName = "mlango" ) || ( serverName = "staff" ) || ( serverName = ${JSON.stringify(hostile)} ) ) do= {`,
      ),
      step,
    )
    assert.match(step, /:find kept/)
    assert.doesNotMatch(step, /others = 1/)
  }
  assert.match(profile, /:set kept \( kept \. "," \. profileName \. "," \)/)
  assert.match(page, /:set kept \( kept \. "," \. directory \. "," \)/)
})

test('the service is narrowed last, and the report comes after every step', () => {
  const titles = [...scriptOf({ apiTls: true }).matchAll(/^# (\S+)$/gm)].map(([, title]) => title)
  assert.deepEqual(titles, [
    'release',
    'device-mode',
    // Before the certificate: it is good for ten years from the router's own time of day.
    'ntp',
    'ntp',
    'group',
    'user',
    'radius',
    'radius-message-auth',
    'hotspot',
    'login-page',
    'walled-garden',
    'firewall',
    'certificate',
    'service',
    'service',
    'service',
    'report',
  ])
})

test('each step notes its own failure, and the report names the steps as the appliance reads them', () => {
  const { outer } = layersOf(scriptOf())
  const noted = stringsOf(outer).filter((text) => /^[a-z-]+,$/.test(text))
  assert.ok(noted.includes('radius,') && noted.includes('service,') && noted.includes('version,'))
  assert.match(
    scriptOf(),
    /"version=" \. \$osVersion \. "&model=" \. \$modelName \. "&serial=" \. \$serialNumber \. "&failed="/,
  )
  assert.match(scriptOf(), /http-method=post http-data=\$form keep-result=no/)
})

test('https is fetched only with a look at the certificate, http without', () => {
  const secure = scriptOf(VARIANTS[2])
  assert.equal(secure.split('check-certificate=yes').length - 1, 2)
  assert.doesNotMatch(scriptOf(), /check-certificate/)
})

test('an appliance that is known by name is resolved by the router, and bound by the length of its address', () => {
  assert.match(scriptOf(VARIANTS[2]), /:local appliance \[:tostr \[:resolve \\"box\.example\\"\]\]/)
  assert.match(scriptOf(VARIANTS[3]), /:local appliance \\"fd00::2\\"/)
  assert.match(scriptOf(VARIANTS[3]), /\/128/)
})

test('the login page sends the phone to the portal with its address, its router and its login link', () => {
  const page = hotspotLoginPage({ portalUrl: 'http://192.168.88.2:8080', routerId: 7 })
  const target = 'http://192.168.88.2:8080/?router=7&mac=$(mac-esc)&llo=$(link-login-only-esc)&err=$(error-esc)'
  assert.ok(page.includes(`$(if http-header == "Location")${target}$(endif)`))
  assert.ok(page.includes(`url=${target.replaceAll('&', '&amp;')}"`))
  assert.doesNotMatch(page, /\$\((username|error|mac|link-login-only)\)/)
})
