import { tidyAfterStart } from '../after-start.ts'
import { systemClock } from '../clock.ts'
import { openLog } from '../log.ts'
import { openThreads } from '../opening-threads.ts'
import { reportReady } from '../systemd/notify.ts'
import { VERSION } from '../version.ts'
import { type Command, readWords } from './command.ts'
import { findConfigSource } from './find-config.ts'

/**
 * A drain that takes longer has failed; what it leaves is found again at the next start. The parts' own limits fit in: the
 * cloud 2 s, the work thread 5 s, the doors 1 s, and what is left is for the last commit and the log of a slow card.
 */
const STOP_MS = 9_500

export const serveCommand: Command = {
  name: 'serve',
  usage: '',
  summary: 'run the daemon',
  async run(words) {
    const { options } = readWords(words, {})
    const source = findConfigSource(options.config)
    const log = openLog(source.read({}).log.level, { thread: 'main' })
    const onFatal = (reason: string) => {
      log.fatal({ reason }, 'the daemon cannot go on')
      log.flush(() => process.exit(1))
    }
    const opening = openThreads(source, onFatal)
    // Here and not above, so that the other commands start without it.
    const { startAppliance } = await import('../appliance.ts')

    return new Promise<number>((resolve, reject) => {
      process.on('uncaughtException', (error) => {
        log.fatal({ err: error }, 'a bug ended the daemon')
        log.flush(() => process.exit(1))
      })
      // Heard from the first moment on: who is told to stop while it starts finishes that, and stops.
      const stopAsked = new Promise<void>((asked) => {
        const stop = (signal: string) => {
          log.info({ signal }, 'stopping')
          setTimeout(() => process.exit(1), STOP_MS).unref()
          asked()
        }
        process.once('SIGTERM', stop)
        process.once('SIGINT', stop)
      })
      startAppliance({ source, opening, version: VERSION, clock: systemClock, log })
        .then(async (appliance) => {
          reportReady(process.env, log)
          tidyAfterStart()
          await stopAsked
          await appliance.stop()
          resolve(0)
        })
        .catch(reject)
    })
  },
}
