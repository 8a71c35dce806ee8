import { asError, MlangoError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { backupCommands } from './backup.ts'
import { type Command, WrongUsage } from './command.ts'
import { configCommands } from './config.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { helpText } from './help.ts'
import { packageCommands } from './packages.ts'
import { paymentCommands } from './payments.ts'
import { queueLookCommands } from './queue.ts'
import { queueVerbCommands } from './queue-verbs.ts'
import { radiusCommands } from './radius.ts'
import { routerCommands } from './routers.ts'
import { serveCommand } from './serve.ts'
import { simulateCommand } from './simulate.ts'
import { staffCommands } from './staff.ts'
import { voucherCommands } from './vouchers.ts'

const commands: readonly Command[] = [
  serveCommand,
  demoCommand,
  simulateCommand,
  ...queueLookCommands,
  ...queueVerbCommands,
  ...routerCommands,
  ...packageCommands,
  ...voucherCommands,
  ...paymentCommands,
  ...radiusCommands,
  ...staffCommands,
  ...backupCommands,
  ...configCommands,
  doctorCommand,
]

/** Runs one command; resolves to the exit status: 0 done, 1 failed, 2 wrong usage. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  if (words[0] === '--version') {
    process.stdout.write(`mlango ${VERSION}\n`)
    return 0
  }
  const command = commands.find(({ name }) => startsWith(words, name.split(' ')))
  const asksHelp = words.includes('--help') || words.includes('-h')
  const group = commands.filter(({ name }) => name.split(' ')[0] === words[0])
  if (asksHelp || words.length === 0 || words[0] === 'help') {
    const asked = command ? [command] : group
    process.stdout.write(helpText(asked.length > 0 ? asked : commands))
    return 0
  }
  if (!command) {
    const [first, verb] = words
    const isVerbLeftOut = group.length > 0 && (verb === undefined || verb.startsWith('-'))
    const asked = group.length > 0 ? `${first} ${verb}` : first
    const wrong = isVerbLeftOut
      ? `What is "${first}" to do? Options come after that.`
      : `There is no command "${asked}".`
    const help = group.length > 0 ? helpText(group) : 'Usage: mlango <command> [options]; mlango --help lists them.\n'
    process.stderr.write(`${wrong}\n${help}`)
    return 2
  }
  try {
    return await command.run(words.slice(command.name.split(' ').length))
  } catch (thrown) {
    if (thrown instanceof WrongUsage) {
      process.stderr.write(`${thrown.message}\n${helpText([command])}`)
      return 2
    }
    // A broken promise has a sentence for the operator; anything else is a bug and shows where.
    const error = asError(thrown)
    process.stderr.write(`mlango: ${error instanceof MlangoError ? error.message : (error.stack ?? error.message)}\n`)
    return 1
  }
}

const startsWith = (words: readonly string[], name: readonly string[]) => name.every((word, at) => words[at] === word)
