import { systemClock } from '../clock.ts'
import { MlangoError } from '../errors.ts'
import { type Command, readWords } from './command.ts'
import { openDaemon } from './daemon.ts'
import { findConfigSource } from './find-config.ts'
import { print } from './print.ts'

const SIGNS = { well: 'ok   ', wrong: 'WRONG', 'left-out': '-    ' }

export const doctorCommand: Command = {
  name: 'doctor',
  usage: '[--json]',
  summary: 'look at everything the daemon needs; say what is wrong and what to do',
  async run(words) {
    const { options } = readWords(words, {})
    // Here and not above, so that the other commands start without it.
    const { examine } = await import('../doctor.ts')
    const findings = await (async () => {
      try {
        const source = findConfigSource(options.config)
        const askDaemon = () => openDaemon(options.config).call('GET', '/readyz')
        return await examine({ source, clock: systemClock, askDaemon })
      } catch (thrown) {
        if (!(thrown instanceof MlangoError) || thrown.code !== 'config-invalid') throw thrown
        const todo = 'Correct it; `mlango config check` looks again.'
        return [{ about: 'configuration', outcome: 'wrong' as const, says: thrown.message, todo }]
      }
    })()
    const ok = findings.every(({ outcome }) => outcome !== 'wrong')
    print(options.json, { ok, findings }, () =>
      findings.flatMap(({ about, outcome, says, todo }) => [
        `${SIGNS[outcome]} ${about.padEnd(13)} ${says}`,
        ...(todo === undefined ? [] : [`${' '.repeat(20)}${todo}`]),
      ]),
    )
    return ok ? 0 : 1
  },
}
