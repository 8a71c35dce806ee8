import { randomBytes } from 'node:crypto'
import { MlangoError } from '../errors.ts'
import { idOfSigned, looksSigned, makeVoucherKeys, openVoucherKey, signVoucher } from '../signed-voucher.ts'
import { type Command, readWords, WrongUsage, wholeNumber } from './command.ts'
import { openDaemon } from './daemon.ts'
import { readFile, writeSecretFile } from './named-files.ts'
import { print } from './print.ts'

/** Of one batch, as the daemon takes it. */
const MOST_AT_ONCE = 1000

const create: Command = {
  name: 'voucher create',
  usage: '--package ID --count N [--prefix P] [--expires TIME] [--note TEXT]',
  summary: 'make up to 1000 vouchers; prints one code a line',
  async run(words) {
    const { options } = readWords(words, {
      package: 'string',
      count: 'string',
      prefix: 'string',
      expires: 'string',
      note: 'string',
    })
    const batch = (await openDaemon(options.config).call('POST', '/api/vouchers', {
      package_id: wholeNumber('package', options.package, 1),
      count: wholeNumber('count', options.count, 1, MOST_AT_ONCE),
      ...(options.prefix !== undefined && { prefix: options.prefix }),
      ...(options.expires !== undefined && { expires_at: options.expires }),
      ...(options.note !== undefined && { note: options.note }),
    })) as { batch_id: string; codes: string[] }
    print(options.json, batch, () => batch.codes)
    return 0
  },
}

const verify: Command = {
  name: 'voucher verify',
  usage: 'CODE',
  summary: 'what a code is worth, without using it',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['CODE'])
    const said = (await openDaemon(options.config).call('POST', '/api/vouchers/verify', { code: positionals[0] })) as {
      code: string
      state: string
      package_id?: number
    }
    print(options.json, said, () => [
      `${said.code}: ${said.state}${said.package_id === undefined ? '' : `, package ${said.package_id}`}`,
    ])
    return said.state === 'unused' || said.state === 'redeemed' ? 0 : 1
  },
}

const revoke: Command = {
  name: 'voucher revoke',
  usage: '--code CODE | --batch ID | --signed ID-OR-CODE',
  summary: 'withdraw a code, the unused codes of a batch, or a signed voucher',
  async run(words) {
    const { options } = readWords(words, { code: 'string', batch: 'string', signed: 'string' })
    const { code, batch, signed } = options
    if ([code, batch, signed].filter((given) => given !== undefined).length !== 1)
      throw new WrongUsage('One of --code, --batch and --signed is needed.')
    const said = (await openDaemon(options.config).call('POST', '/api/vouchers/revoke', {
      ...(code !== undefined && { code }),
      ...(batch !== undefined && { batch_id: batch }),
      ...(signed !== undefined && { signed_id: signedId(signed) }),
    })) as { unused_revoked: number; used_revoked: number }
    print(options.json, said, () => [
      `${said.unused_revoked} unused and ${said.used_revoked} used codes are withdrawn.`,
    ])
    return 0
  },
}

const keygen: Command = {
  name: 'voucher keygen',
  usage: '--out FILE',
  summary: 'make the key that signs vouchers at head office; prints the public one for [site] voucher_key',
  async run(words) {
    const { options } = readWords(words, { out: 'string' })
    if (options.out === undefined) throw new WrongUsage('--out is missing.')
    const { privateKey, publicKey } = makeVoucherKeys()
    writeSecretFile(options.out, privateKey)
    print(options.json, { voucher_key: publicKey }, () => [`voucher_key = "${publicKey}"`])
    return 0
  },
}

const sign: Command = {
  name: 'voucher sign',
  usage: '--key FILE --package NAME --count N [--site ID] [--expires TIME]',
  summary: 'sign vouchers that any site with the public key takes, without a network; one a line, for QR codes',
  async run(words) {
    const { options } = readWords(words, {
      key: 'string',
      package: 'string',
      count: 'string',
      site: 'string',
      expires: 'string',
    })
    if (options.key === undefined || options.package === undefined)
      throw new WrongUsage('--key and --package are needed.')
    const expiresAtMs = options.expires === undefined ? null : Date.parse(options.expires)
    if (Number.isNaN(expiresAtMs))
      throw new WrongUsage(`--expires is ${options.expires}; it takes a time such as 2027-01-31T18:00:00+03:00.`)
    const key = readKey(options.key)
    const voucher = { packageName: options.package, siteId: options.site ?? null, expiresAtMs }
    const vouchers = Array.from({ length: wholeNumber('count', options.count, 1) }, () => {
      const id = randomBytes(9).toString('base64url')
      return { id, code: signVoucher({ id, ...voucher }, key) }
    })
    const codes = vouchers.map(({ code }) => code)
    print(options.json, { codes, vouchers }, () => codes)
    return 0
  },
}

/** What is on the paper, what a grant says it came from, or the id itself. */
function signedId(given: string): string {
  if (!looksSigned(given)) return given.replace(/^signed:/, '')
  const id = idOfSigned(given)
  if (id === undefined) throw new WrongUsage('--signed is no whole code of a signed voucher.')
  return id
}

function readKey(file: string) {
  const pem = readFile(file)
  try {
    return openVoucherKey(pem)
  } catch (cause) {
    throw new MlangoError('key-unreadable', `${file} holds no key that \`mlango voucher keygen\` made.`, { cause })
  }
}

export const voucherCommands = [create, verify, revoke, keygen, sign]
