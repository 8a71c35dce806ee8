import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig, withoutSecrets } from '../src/config.ts'
import { sections } from '../src/config-keys.ts'

const MPESA = `[mpesa]
consumer_key = "key"
consumer_secret = "consumer-secret"
shortcode = "174379"
passkey = "the-passkey"
callback_base_url = "https://wifi.example"
`

function setup(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-config-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = (name: string, content: string) => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
  const load = (toml: string, environment: Record<string, string> = {}) =>
    loadConfig(file('mlango.toml', toml), environment)
  /** The one sentence that a person reads. */
  const complaint = (toml: string, environment: Record<string, string> = {}): string => {
    try {
      load(toml, environment)
    } catch (thrown) {
      assert.equal((thrown as { code?: string }).code, 'config-invalid')
      return (thrown as Error).message
    }
    return assert.fail('it was accepted')
  }
  return { load, complaint, file }
}

test('without file and environment everything has its default', () => {
  const config = loadConfig(undefined, { PATH: '/bin' })
  assert.deepEqual(config, {
    site: { name: 'Mlango', timezone: 'Africa/Nairobi', currency: 'KES', languages: ['en', 'sw'] },
    storage: { data_dir: '/var/lib/mlango' },
    http: { host: '0.0.0.0', port: 8080, trusted_proxies: [], max_streams: 1000 },
    radius: {
      host: '0.0.0.0',
      auth_port: 1812,
      acct_port: 1813,
      require_message_authenticator: 'auto',
      interim_interval: 300,
      input_octets: 'upload',
      radsec_port: 2083,
    },
    admin: {},
    mpesa: {
      base_url: 'https://api.safaricom.co.ke',
      type: 'paybill',
      callback_ip_allow: [],
      query_interval_ms: 12_000,
      pull: false,
      refund_approval_above_cents: 50_000,
    },
    sms: { provider: 'none' },
    sms_fallback: { provider: 'none' },
    cloud: { ack: 'broker', max_backlog_mb: 1_024 },
    outages: { credit: false, threshold_minutes: 10, most_minutes: 240 },
    queue: { hotspot_workers: 3, payments_workers: 2, general_workers: 2 },
    provisional: { enabled: false, minutes: 10, rate_limit: '512k', site_limit_cents: 50_000 },
    log: { level: 'info' },
  })
})

test('the environment wins over the file, whatever the kind of value', (t) => {
  const { load } = setup(t)
  const toml = `[http]\nport = 80\n[site]\nlanguages = ["sw"]\nname = "A"\n${MPESA}`
  const config = load(toml, {
    MLANGO_HTTP_PORT: '0',
    MLANGO_SITE_LANGUAGES: 'sw, en',
    MLANGO_SITE_NAME: 'B',
    MLANGO_MPESA_PULL: 'true',
    MLANGO_MPESA_CALLBACK_IP_ALLOW: '196.201.214.200,196.201.214.206',
  })
  assert.equal(config.http.port, 0)
  assert.deepEqual(config.site.languages, ['sw', 'en'])
  assert.equal(config.site.name, 'B')
  assert.equal(config.mpesa.pull, true)
  assert.deepEqual(config.mpesa.callback_ip_allow, ['196.201.214.200', '196.201.214.206'])
})

test('every key can be set by the environment under its own name', () => {
  for (const [section, { shape }] of Object.entries(sections)) {
    for (const key of Object.keys(shape)) {
      const variable = `MLANGO_${section}_${key}`.toUpperCase()
      // An empty text fits no key but a list, so what is refused was read.
      const isList = ['trusted_proxies', 'callback_ip_allow', 'headers'].includes(key)
      const read = () => loadConfig(undefined, { [variable]: isList ? 'nowhere' : '' })
      assert.throws(read, { code: 'config-invalid', message: new RegExp(`\\[${section}\\] ${key} is `) }, variable)
    }
  }
})

test('a secret can come from a file, without the line end', (t) => {
  const { load, file, complaint } = setup(t)
  const passkey = file('passkey', 'from-a-file\n')
  assert.equal(load(MPESA, { MLANGO_MPESA_PASSKEY_FILE: passkey }).mpesa.passkey, 'from-a-file')
  assert.equal(
    load(MPESA, { MLANGO_MPESA_PASSKEY_FILE: passkey, MLANGO_MPESA_PASSKEY: 'direct' }).mpesa.passkey,
    'direct',
  )
  assert.equal(
    complaint(MPESA, { MLANGO_MPESA_PASSKEY_FILE: '/nowhere/passkey' }),
    'MLANGO_MPESA_PASSKEY_FILE names /nowhere/passkey, which cannot be read',
  )
})

test('a bad value is named with its key and what is allowed', (t) => {
  const { complaint } = setup(t)
  assert.equal(
    complaint('[http]\nport = 99999'),
    'Configuration: [http] port is 99999; allowed is a whole number from 0 to 65535.',
  )
  assert.equal(
    complaint('', { MLANGO_HTTP_PORT: '80a' }),
    'Configuration: [http] port is "80a"; allowed is a whole number from 0 to 65535.',
  )
  assert.equal(
    complaint('[site]\ntimezone = "Mars/Base"'),
    'Configuration: [site] timezone is "Mars/Base"; allowed is a time zone such as Africa/Nairobi.',
  )
  assert.equal(
    complaint('[mpesa]\nshortcode = 174379'),
    'Configuration: [mpesa] shortcode is 174379; allowed is 5 to 7 digits in quotes.',
  )
  assert.equal(
    complaint('[cloud]\nurl = "http://broker"'),
    'Configuration: [cloud] url is "http://broker"; allowed is an address that starts with mqtt:// or mqtts://.',
  )
  assert.equal(
    complaint('[site]\nlanguages = ["en", "fr"]'),
    'Configuration: [site] languages is ["en","fr"]; allowed is a list of en, sw.',
  )
  assert.match(complaint('[site]\nlanguages = []'), /languages is \[\]; allowed/)
  assert.match(complaint('[http]\ntrusted_proxies = ["proxy"]'), /allowed is a list of IP addresses/)
  assert.match(complaint('[site]\nid = "a/b"'), /\[site\] id is "a\/b"; allowed is 1 to 64 letters/)
  assert.match(complaint('[sms]\nprovider = "pigeon"'), /provider is "pigeon"; allowed is one of none, africastalking/)
  assert.match(complaint('http = 8080'), /\[http\] is not a section/)
})

test('a secret is never shown, not even a wrong one', (t) => {
  const { complaint } = setup(t)
  assert.equal(
    complaint('[admin]\ntoken = "short"'),
    'Configuration: [admin] token is not shown; allowed is at least 16 characters.',
  )
  assert.doesNotMatch(complaint('[cloud]\nurl = "http://site:hunter2@broker"'), /hunter2/)
  assert.doesNotMatch(complaint('[mpesa]\npasskey = "hunter2\n'), /hunter2/)
})

test('an unknown section, key or variable is named with the nearest known one', (t) => {
  const { complaint } = setup(t)
  assert.equal(
    complaint('[radus]\nhost = "::"'),
    'Configuration: unknown section [radus]; the nearest known name is radius.',
  )
  assert.equal(
    complaint('[radius]\nauth_prt = 1812'),
    'Configuration: unknown key [radius] auth_prt; the nearest known name is auth_port.',
  )
  assert.equal(complaint('port = 80\n[site]'), 'Configuration: port stands in no section; it belongs below [http].')
  assert.equal(complaint('prot = 80'), 'Configuration: prot stands in no section; every key belongs below one.')
  const nearest = 'the nearest known name is MLANGO_RADIUS_AUTH_PORT.'
  for (const variable of ['MLANGO_RADIUS_AUTH_PROT', 'MLANGO_RADUIS_AUTH_PORT', 'MLANGO_RADIUS_AUTHPORT_FILE']) {
    assert.equal(
      complaint('', { [variable]: '1' }),
      `Configuration: unknown environment variable ${variable}; ${nearest}`,
    )
  }
  for (const word of ['constructor', 'toString', '__proto__']) {
    assert.match(complaint(`[${word}]\na = 1`), /unknown section/, word)
    assert.match(complaint(`[site]\n${word} = "a"`), /unknown key/, word)
  }
})

test('variables that are nothing like ours are left alone', () => {
  loadConfig(undefined, { MLANGO_TEST_FULL: '1', MLANGO_FSYNC_DELAY_MS: '10', HTTP_PORT: 'x' })
})

test('what only makes sense together is asked for', (t) => {
  const { load, complaint } = setup(t)
  load(MPESA)
  for (const key of ['consumer_key', 'consumer_secret', 'shortcode', 'passkey', 'callback_base_url']) {
    const without = MPESA.split('\n').filter((line) => !line.startsWith(key))
    assert.match(complaint(without.join('\n')), new RegExp(`\\[mpesa\\] ${key} is missing; it is needed with `), key)
  }
  assert.match(complaint(`${MPESA}type = "till"`), /\[mpesa\] till is missing/)
  assert.match(complaint('[sms]\nprovider = "africastalking"\nusername = "a"'), /\[sms\] api_key is missing/)
  assert.match(complaint('[http]\ntls_cert = "/a"'), /tls_cert and tls_key go together/)
  assert.match(complaint('[admin]\nusername = "a"'), /username and password go together/)
  assert.match(complaint('[cloud]\nkey = "/a"'), /cert and key go together/)
})

test('a file that is not there or not TOML is said in one line', (t) => {
  const { complaint } = setup(t)
  assert.throws(() => loadConfig('/nowhere/mlango.toml', {}), {
    code: 'config-invalid',
    message: /^The configuration file \/nowhere\/mlango.toml cannot be read: there is no such file$/,
  })
  assert.match(complaint('\n[site\nname = 1'), /^The configuration file [^\n]* cannot be read: line 2: [^\n]*$/)
})

test('what is printed has no secret in it', (t) => {
  const { load } = setup(t)
  const secrets = [
    'a-token-of-16-chars',
    'a-password-12',
    'consumer-secret',
    'the-passkey',
    'an-api-key',
    'broker-word',
    'hunter2',
  ]
  const config = load(
    `${MPESA}[admin]\ntoken = "a-token-of-16-chars"\nusername = "a"\npassword = "a-password-12"
    [sms]\napi_key = "an-api-key"\n[cloud]\npassword = "broker-word"\nurl = "mqtts://site:hunter2@broker:8883"`,
  )
  const printed = withoutSecrets(config)
  for (const secret of secrets) {
    assert.match(JSON.stringify(config), new RegExp(secret))
    assert.doesNotMatch(JSON.stringify(printed), new RegExp(secret))
  }
  assert.equal(printed.cloud.url, 'mqtts://site:[secret]@broker:8883')
  assert.equal(printed.mpesa.shortcode, '174379')
})
