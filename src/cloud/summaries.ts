import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { MqttLink } from './mqtt-link.ts'

const EVERY_MS = 60_000

/** Publishes a retained summary while there is a link: at once, then every minute. */
export function openSummaries(options: {
  clock: Clock
  log: Log
  topic: string
  summary: (() => Record<string, unknown>) | undefined
}) {
  const { clock, log, topic, summary } = options
  let cancelTimer = () => {}
  return {
    attach(link: MqttLink) {
      if (!summary) return
      const say = () => {
        cancelTimer = clock.after(EVERY_MS, say)
        try {
          const payload = { schema: 1, time: new Date(clock.nowMs()).toISOString(), ...summary() }
          void link.publish(topic, JSON.stringify(payload), { retain: true })
        } catch (thrown) {
          log.error({ err: asError(thrown) }, 'there is no summary for the cloud')
        }
      }
      say()
    },
    detach: () => cancelTimer(),
  }
}
