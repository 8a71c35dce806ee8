import { command } from './command.ts'
import type { EventData } from './events.ts'

export const recordLogRotation = command(
  'logs.record-rotation',
  ({ journal }, rotation: EventData<'log_rotation.completed'>) => journal.record('log_rotation.completed', rotation),
)
