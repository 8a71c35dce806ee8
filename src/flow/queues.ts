export type PoolName = 'hotspot' | 'payments' | 'general'

export const poolNames: readonly PoolName[] = ['hotspot', 'payments', 'general']

/**
 * The twelve queues, highest priority first. `slackMs` is how long a job may fairly wait: within a pool jobs run in order
 * of enqueue time + slack, so a flood on a high queue delays a low one but cannot starve it.
 */
export const queues = {
  'hotspot-provisioning': { pool: 'hotspot', slackMs: 0 },
  'subscription-reconnection': { pool: 'hotspot', slackMs: 1_000 },
  payments: { pool: 'payments', slackMs: 0 },
  'hotspot-sms': { pool: 'payments', slackMs: 5_000 },
  'router-provisioning': { pool: 'general', slackMs: 5_000 },
  dashboard: { pool: 'general', slackMs: 10_000 },
  'session-management': { pool: 'general', slackMs: 5_000 },
  'subscription-management': { pool: 'general', slackMs: 15_000 },
  'router-monitoring': { pool: 'general', slackMs: 20_000 },
  metrics: { pool: 'general', slackMs: 30_000 },
  notifications: { pool: 'general', slackMs: 60_000 },
  maintenance: { pool: 'general', slackMs: 120_000 },
} as const satisfies Record<string, { pool: PoolName; slackMs: number }>

export type QueueName = keyof typeof queues

export const queueNames = Object.keys(queues) as QueueName[]

export const isQueue = (name: string): name is QueueName => Object.hasOwn(queues, name)

/** A job's place in its pool when its wait starts at `fromMs`. */
export const placeFrom = (queue: QueueName, fromMs: number): number => fromMs + queues[queue].slackMs
