import { type Command, readWords, WrongUsage } from './command.ts'
import { openDaemon } from './daemon.ts'
import { print } from './print.ts'

type Attributes = { name: string; value: string | number }[]

const decode: Command = {
  name: 'radius decode',
  usage: 'HEX',
  summary: 'show what a RADIUS packet says; colons and spaces do not matter',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['HEX'])
    const digits = (positionals[0] ?? '').replace(/^0x/i, '').replace(/[\s:.-]/g, '')
    if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new WrongUsage('HEX takes pairs of the digits 0 to 9 and a to f.')
    const { describePacket } = await import('../radius/describe-packet.ts')
    const packet = describePacket(Buffer.from(digits, 'hex'))
    print(options.json, packet, () => [
      `${packet.name}, id ${packet.id}, ${packet.length} octets, authenticator ${packet.authenticator}`,
      ...linesOf(packet.attributes),
    ])
    return 0
  },
}

const test: Command = {
  name: 'radius test',
  usage: '--user NAME --password P [--mac ADDRESS] [--chap]',
  summary: 'log in at the running RADIUS server; nothing begins with it',
  async run(words) {
    const { options } = readWords(words, { user: 'string', password: 'string', mac: 'string', chap: 'boolean' })
    if (options.user === undefined) throw new WrongUsage('--user is missing.')
    const answer = (await openDaemon(options.config).call('POST', '/api/radius/test', {
      username: options.user,
      password: options.password ?? '',
      method: options.chap ? 'chap' : 'pap',
      ...(options.mac !== undefined && { mac_address: options.mac }),
    })) as { outcome: string; milliseconds: number; attributes: Attributes }
    const isUnused = answer.outcome === 'unused-voucher'
    print(options.json, answer, () =>
      isUnused
        ? ['would be accepted: this voucher has not been used yet; a real login starts it']
        : [`${answer.outcome} in ${answer.milliseconds} ms`, ...linesOf(answer.attributes)],
    )
    return answer.outcome === 'accepted' || isUnused ? 0 : 1
  },
}

const linesOf = (attributes: Attributes) =>
  attributes.map(({ name, value }) => `  ${name} = ${typeof value === 'number' ? value : JSON.stringify(value)}`)

export const radiusCommands = [decode, test]
