import { type Command, readWords, WrongUsage } from './command.ts'
import { openDaemon } from './daemon.ts'
import { readPassword } from './password.ts'
import { print } from './print.ts'

const roleOf = (role: string | undefined): string => {
  if (role === undefined || !['admin', 'cashier', 'viewer'].includes(role))
    throw new WrongUsage('--role is admin, cashier or viewer.')
  return role
}

const createToken: Command = {
  name: 'token create',
  usage: '--role admin|cashier|viewer [--name NAME]',
  summary: 'make an API token; it is shown once',
  async run(words) {
    const { options } = readWords(words, { role: 'string', name: 'string' })
    const body = { role: roleOf(options.role), name: options.name ?? 'command line' }
    const made = (await openDaemon(options.config).call('POST', '/api/tokens', body)) as { token: string }
    print(options.json, made, () => [made.token])
    return 0
  },
}

const addUser: Command = {
  name: 'user add',
  usage: 'USERNAME --role admin|cashier|viewer',
  summary: 'let somebody into the console; asks for the password, or reads it from standard input',
  async run(words) {
    const { options, positionals } = readWords(words, { role: 'string' }, ['USERNAME'])
    const role = roleOf(options.role)
    const body = { username: positionals[0], role, password: await readPassword() }
    const added = await openDaemon(options.config).call('POST', '/api/users', body)
    print(options.json, added, () => [`${positionals[0]} may sign in.`])
    return 0
  },
}

const resetPassword: Command = {
  name: 'user reset-password',
  usage: 'USERNAME',
  summary: 'give an operator a new password, asked for in the same way; ends the lock-out',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['USERNAME'])
    const username = encodeURIComponent(positionals[0] ?? '')
    await openDaemon(options.config).call('POST', `/api/users/${username}/password`, { password: await readPassword() })
    print(options.json, { ok: true }, () => [
      'The new password is in force; open sessions of this operator are closed.',
    ])
    return 0
  },
}

export const staffCommands = [createToken, addUser, resetPassword]
