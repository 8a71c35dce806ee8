import type { Clock } from '../clock.ts'

/** Intervals on our clock, in the shape in which MQTT.js takes them for its keepalive. */
export function intervalsOn(clock: Clock) {
  const cancels = new Map<number, () => void>()
  let lastId = 0
  return {
    set(callback: () => void, delayMs: number): number {
      const id = ++lastId
      const next = () => {
        const tick = () => {
          next()
          callback()
        }
        cancels.set(id, clock.after(delayMs, tick))
      }
      next()
      return id
    },
    clear(id: unknown): void {
      cancels.get(id as number)?.()
      cancels.delete(id as number)
    },
  }
}
