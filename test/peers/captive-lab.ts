import { execFileSync, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const GATEWAY = '10.77.0.1'
const PHONE_MAC = '02:00:00:77:00:01'
const PROGRAMS = ['ip', 'nft', 'dnsmasq', 'busybox', 'curl']

/** For `describe`: why there can be no lab on this machine, or false. */
export function noLab(): string | false {
  if (process.getuid?.() !== 0) return 'it needs root'
  const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  if (missing.length > 0) return `${missing.join(', ')} not installed`
  const tried = spawnSync('unshare', ['-n', 'nft', '-f', '-'], {
    input:
      'table ip t {\n chain c {\n type nat hook prerouting priority -100;\n tcp dport 80 redirect to :8081\n }\n}\n',
  })
  return tried.status === 0 ? false : 'this machine allows no network namespaces with nftables in them'
}

/** What the DHCP client does with what it was given; it has options that it does not know as hexadecimal digits. */
const leaseScript = (optionFile: string) => `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/24" dev "$interface"
ip route add default via "$router"
printf %s "$opt114" > ${optionFile}
`

/** Two network namespaces with a cable between them: a router with a whole site behind it, and a phone. */
export async function openCaptiveLab() {
  const [router, phone] = [`mlango-router-${process.pid}`, `mlango-phone-${process.pid}`]
  const directory = mkdtempSync(join(tmpdir(), 'mlango-lab-'))
  const resolver = `/etc/netns/${phone}`
  const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' })
  const onPhone = (program: string, ...words: string[]) =>
    spawnSync('ip', ['netns', 'exec', phone, program, ...words], { encoding: 'utf8', timeout: 60_000 })
  const remove = () => {
    for (const name of [router, phone]) spawnSync('ip', ['netns', 'del', name])
    rmSync(resolver, { recursive: true, force: true })
    rmSync(directory, { recursive: true, force: true })
  }

  try {
    for (const name of [router, phone]) ip('netns', 'add', name)
    ip('link', 'add', 'lan0', 'netns', router, 'type', 'veth', 'peer', 'name', 'wlan0', 'netns', phone)
    ip('-n', router, 'link', 'set', 'lo', 'up')
    ip('-n', router, 'addr', 'add', `${GATEWAY}/24`, 'dev', 'lan0')
    // All of the Internet is one address here.
    ip('-n', router, 'addr', 'add', '198.51.100.1/32', 'dev', 'lo')
    ip('-n', router, 'link', 'set', 'lan0', 'up')
    ip('-n', phone, 'link', 'set', 'lo', 'up')
    ip('-n', phone, 'link', 'set', 'wlan0', 'address', PHONE_MAC, 'up')
    mkdirSync(resolver, { recursive: true })
    writeFileSync(join(resolver, 'resolv.conf'), `nameserver ${GATEWAY}\n`)
    const lease = join(directory, 'lease.sh')
    const optionFile = join(directory, 'option-114')
    writeFileSync(lease, leaseScript(optionFile), { mode: 0o755 })
    /** A browser on the phone. */
    const browser = join(directory, 'browser')
    writeFileSync(browser, `#!/bin/sh\nexec ip netns exec ${phone} /usr/bin/chromium "$@"\n`)
    chmodSync(browser, 0o755)

    const site = fork(new URL('./captive-lab-router.js', import.meta.url), [directory], {
      execPath: '/usr/sbin/ip',
      execArgv: ['netns', 'exec', router, process.execPath],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const ended = once(site, 'exit').then(([code]) => {
      throw new Error(`the lab's router ended with ${code}`)
    })
    ended.catch(() => {})
    const heard = () => Promise.race([once(site, 'message'), ended])
    await heard()

    return {
      browser,
      onPhone,
      /** Of the authority that the phone trusts. */
      ca: join(directory, 'ca.pem'),
      /** Where DHCP said that the phone may ask whether it is captive: option 114. */
      capportUrl: () => Buffer.from(readFileSync(optionFile, 'utf8'), 'hex').toString(),
      /** The phone joins the WiFi: asks for an address, and is seen by the hotspot. */
      async join(): Promise<string> {
        const asked = onPhone('busybox', 'udhcpc', '-i', 'wlan0', '-O', '114', '-s', lease, '-q', '-n')
        const [, address] = /inet (10\.77\.0\.\d+)\//.exec(onPhone('ip', 'addr', 'show', 'wlan0').stdout) ?? []
        if (address === undefined) throw new Error(`no address by DHCP: ${asked.stdout}${asked.stderr}`)
        site.send({ macAddress: PHONE_MAC, ipAddress: address })
        await heard()
        return address
      },
      async close() {
        const exit = once(site, 'exit')
        site.disconnect()
        await exit
        remove()
      },
    }
  } catch (thrown) {
    remove()
    throw thrown
  }
}

export type CaptiveLab = Awaited<ReturnType<typeof openCaptiveLab>>
