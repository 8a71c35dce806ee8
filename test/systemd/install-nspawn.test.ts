import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Machine, openMachine } from './nspawn-machine.ts'

const CHECKOUT = new URL('../../../', import.meta.url).pathname
const NODE = '/usr/lib/mlango/current/node_modules/node/bin/node'
const INSTALL = '/root/mlango/scripts/install'

describe('a machine with systemd', { skip: reasonToSkip(), timeout: 900_000 }, () => {
  let machine: Machine
  before(async () => {
    machine = await openMachine(CHECKOUT)
  })
  after(() => machine?.close())

  const inTree = (path: string) => join(machine.tree, path)
  const releases = () => readdir(inTree('usr/lib/mlango/releases'))
  const mainPid = async () => (await machine.run('systemctl show --property=MainPID --value mlango')).text.trim()
  const addAmina = () => machine.run("echo 'quite a long password' | mlango user add amina --role admin")
  const CONFIGURATION = 'etc/mlango/mlango.toml'
  async function edit(path: string, change: (text: string) => string) {
    const text = await readFile(inTree(path), 'utf8')
    assert.notEqual(change(text), text, `nothing to change in ${path}`)
    await writeFile(inTree(path), change(text))
  }
  const setVersion = (version: string) =>
    edit('root/mlango/package.json', (text) => text.replace(/"version": ".*"/, `"version": "${version}"`))
  async function install(version: string) {
    await setVersion(version)
    return machine.run(INSTALL)
  }
  /** Tries a release with a bug in it. */
  async function withAppliance<Value>(change: (text: string) => string, attempt: () => Promise<Value>): Promise<Value> {
    const appliance = 'root/mlango/src/appliance.ts'
    const sound = await readFile(inTree(appliance), 'utf8')
    await edit(appliance, change)
    try {
      return await attempt()
    } finally {
      await writeFile(inTree(appliance), sound)
    }
  }
  async function serves() {
    const asked = await machine.run(
      `${NODE} -e "fetch('http://127.0.0.1:8080/healthz').then((answer) => console.log(answer.status))"`,
    )
    assert.equal(asked.text, '200\n')
  }

  it('gets Mlango while it does not run, and serves after the next boot', async () => {
    const installed = await machine.runOffline(INSTALL)
    assert.equal(installed.status, 0, installed.text)
    assert.match(installed.text, /not started: systemd does not run/)

    await machine.boot()
    const active = await machine.run('systemctl is-active mlango || journalctl --unit=mlango --lines=20 --output=cat')
    assert.equal(active.text, 'active\n')
    await serves()
    assert.equal((await machine.run('systemd-analyze verify mlango.service')).text, '')
  })

  it('keeps configuration and state from everybody else', async () => {
    const { text } = await machine.run('stat -c "%a %U:%G" /etc/mlango/mlango.toml /var/lib/mlango')
    assert.equal(text, '640 root:mlango\n700 mlango:mlango\n')
  })

  it('stays as it is when the same release is installed again', async () => {
    const pid = await mainPid()
    const again = await machine.run(INSTALL)
    assert.equal(again.status, 0, again.text)
    assert.match(again.text, /runs already/)
    assert.equal(await mainPid(), pid)
  })

  it('lets root in by the command line', async () => {
    const added = await addAmina()
    assert.deepEqual(added, { status: 0, text: 'amina may sign in.\n' })
    assert.equal((await machine.run('mlango queue stats')).status, 0)
  })

  it('takes secrets from a systemd credential and from its environment file, and so does the command line', async () => {
    await edit(CONFIGURATION, (text) =>
      text.replace(
        '\n[mpesa]\n',
        '$&consumer_key = "key"\nshortcode = "174379"\ncallback_base_url = "https://portal.example.com"\n',
      ),
    )
    await writeFile(inTree('etc/mlango/passkey'), 'the passkey\n')
    await writeFile(inTree('etc/mlango/environment'), "MLANGO_MPESA_CONSUMER_SECRET='not #here'\n")
    await mkdir(inTree('etc/systemd/system/mlango.service.d'), { recursive: true })
    await writeFile(
      inTree('etc/systemd/system/mlango.service.d/passkey.conf'),
      '[Service]\nLoadCredential=passkey:/etc/mlango/passkey\nEnvironment=MLANGO_MPESA_PASSKEY_FILE=%d/passkey\n',
    )
    const restarted = await machine.run('systemctl daemon-reload && systemctl restart mlango')
    assert.equal(restarted.status, 0, (await machine.run('journalctl --unit=mlango --lines=5 --output=cat')).text)
    assert.equal((await machine.run('mlango queue stats')).status, 0)
    const check = await machine.run(
      'MLANGO_MPESA_PASSKEY_FILE=/run/credentials/mlango.service/passkey mlango config check',
    )
    assert.equal(check.text, 'The configuration is right.\n')
  })

  it('starts a daemon anew that was killed', async () => {
    const pid = await mainPid()
    await machine.run(
      `systemctl kill --signal=KILL --kill-who=main mlango
       until pid=$(systemctl show --property=MainPID --value mlango); [ "$pid" != 0 ] && [ "$pid" != ${pid} ] &&
         systemctl is-active --quiet mlango; do sleep 0.1; done`,
    )
    assert.notEqual(await mainPid(), pid)
    await serves()
  })

  it('stops within 10 s and ends well', async () => {
    const stopped = await machine.run(
      'timeout 10 systemctl stop mlango && systemctl show --property=Result,ExecMainStatus mlango',
    )
    assert.deepEqual(stopped, { status: 0, text: 'Result=success\nExecMainStatus=0\n' })
  })

  it('keeps settings and data through an upgrade', async () => {
    await appendFile(inTree(CONFIGURATION), '\n# edited by the operator\n')
    await setVersion('0.2.0')
    const upgraded = await machine.run(INSTALL)
    assert.equal(upgraded.status, 0, upgraded.text)
    assert.match(upgraded.text, /Mlango 0\.2\.0-\w+ is installed and serves/)
    await serves()
    assert.match(await readFile(inTree(CONFIGURATION), 'utf8'), /edited by the operator/)
    assert.match((await addAmina()).text, /taken/)
    assert.equal((await releases()).length, 1)
  })

  it('goes back to the release before when the new one does not become ready', async () => {
    const before = await releases()
    const serve = 'root/mlango/src/cli/serve.ts'
    const sound = await readFile(inTree(serve), 'utf8')
    await edit(serve, (text) => text.replace('async run(words) {', "$&\n    if (words) throw new Error('a bug')"))
    await setVersion('0.3.0')
    const upgraded = await machine.run(INSTALL)
    await writeFile(inTree(serve), sound)

    assert.equal(upgraded.status, 1)
    assert.match(upgraded.text, /0\.3\.0-\w+ does not become ready/)
    assert.match(upgraded.text, /a bug/)
    assert.match(upgraded.text, /0\.2\.0-\w+, was put back and serves/)
    await serves()
    assert.deepEqual(await releases(), before)
  })

  it('goes back to the database from before, too, when the new release has changed it and then fails', async () => {
    const before = await releases()
    await edit('root/mlango/src/store/migrate.ts', (text) =>
      text.replace(/(const migrations[^=]*= \[[^\]]*)\]/, "$1  'CREATE TABLE later (what TEXT) STRICT',\n]"),
    )
    const upgraded = await withAppliance(
      (text) => text.replace('await radius.start()', "if (db) throw new Error('a bug after the migration')"),
      () => install('0.3.1'),
    )
    assert.equal(upgraded.status, 1)
    assert.match(upgraded.text, /a bug after the migration/)
    assert.match(upgraded.text, /0\.2\.0-\w+, was put back and serves/)
    await serves()
    assert.match((await addAmina()).text, /taken/)
    assert.deepEqual(await releases(), before)
  })

  it('keeps the new release when only that can open what was written since, and the next one mends it', async () => {
    const upgraded = await withAppliance(
      (text) =>
        text.replace(
          'log.info({ siteId: store.site.id',
          "await store.client.run(noteCloudLink, { state: 'connected' })\n    setTimeout(() => process.exit(3), 3_000)\n    $&",
        ),
      () => install('0.3.2'),
    )
    assert.equal(upgraded.status, 1)
    assert.match(upgraded.text, /has schema \d+/)
    assert.match(upgraded.text, /0\.3\.2-\w+ stays installed/)
    assert.match((await machine.run('readlink /usr/lib/mlango/current')).text, /0\.3\.2-/)

    const mended = await install('0.3.3')
    assert.equal(mended.status, 0, mended.text)
    await serves()
    assert.match((await addAmina()).text, /taken/)
    assert.equal((await releases()).length, 1)
  })

  it('is not touched when the configuration does not fit the new release', async () => {
    const pid = await mainPid()
    const fitting = await readFile(inTree(CONFIGURATION), 'utf8')
    await edit(CONFIGURATION, (text) => text.replace('\n[radius]\n', '$&auth_prot = 1812\n'))
    await setVersion('0.4.0')
    const upgraded = await machine.run(INSTALL)
    await writeFile(inTree(CONFIGURATION), fitting)

    assert.equal(upgraded.status, 1)
    assert.match(upgraded.text, /auth_prot.*nearest known name is auth_port/)
    assert.match(upgraded.text, /nothing was changed/)
    assert.equal(await mainPid(), pid)
  })

  it('keeps settings and data when Mlango is removed, unless they are to be purged', async () => {
    const removed = await machine.run(`${INSTALL} --uninstall`)
    assert.equal(removed.status, 0, removed.text)
    const kept = 'ls -d /usr/lib/mlango /usr/bin/mlango /etc/mlango/mlango.toml /var/lib/mlango/mlango.db 2>/dev/null'
    assert.equal((await machine.run(kept)).text, '/etc/mlango/mlango.toml\n/var/lib/mlango/mlango.db\n')
    assert.match((await machine.run('systemctl status mlango')).text, /could not be found/)

    const purged = await machine.run(`${INSTALL} --uninstall --purge`)
    assert.equal(purged.status, 0, purged.text)
    assert.equal((await machine.run('ls -d /etc/mlango /var/lib/mlango 2>/dev/null; id mlango 2>/dev/null')).text, '')
  })
})

/** It takes two minutes, and bootstraps a Debian first where none is kept from before. */
function reasonToSkip(): string | false {
  if (process.getuid?.() !== 0) return 'it needs root'
  const missing = ['systemd-nspawn', 'debootstrap'].filter((name) => spawnSync(name, ['--version']).error)
  if (missing.length > 0) return `${missing.join(' and ')} missing on this machine`
  if (process.env.MLANGO_TEST_FULL !== '1') return 'it installs and upgrades whole machines: --full'
  return false
}
