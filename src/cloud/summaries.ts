import type { Clock } from '../clock.ts'
import type { MqttLink } from './mqtt-link.ts'

const EVERY_MS = 60_000

/** Publishes a retained summary while there is a link: at once, then every minute. */
export function openSummaries(options: {
  clock: Clock
  topic: string
  summary: (() => Record<string, unknown>) | undefined
}) {
  const { clock, topic, summary } = options
  let cancelTimer = () => {}
  return {
    attach(link: MqttLink) {
      if (!summary) return
      const say = () => {
        cancelTimer = clock.after(EVERY_MS, say)
        const payload = { schema: 1, time: new Date(clock.nowMs()).toISOString(), ...summary() }
        void link.publish(topic, JSON.stringify(payload), { retain: true })
      }
      say()
    },
    detach: () => cancelTimer(),
  }
}
