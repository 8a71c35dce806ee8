const tones: Record<string, 'good' | 'bad' | 'wait'> = {
  paid: 'good',
  fulfilled: 'good',
  rejected: 'bad',
  declined: 'bad',
  review: 'bad',
  created: 'wait',
  submitting: 'wait',
  prompted: 'wait',
  uncertain: 'wait',
  refund_pending: 'wait',
  refund_uncertain: 'wait',
  connected: 'good',
  online: 'good',
  completed: 'good',
  pending: 'wait',
  provisioning: 'wait',
  running: 'wait',
  offline: 'bad',
  failed: 'bad',
}

/** A state as a word in a coloured pill; a state without a colour of its own stays grey. */
export function StatePill({ state }: { state: string }) {
  return <span class={`pill ${tones[state] ?? ''}`}>{state.replace(/[_-]/g, ' ')}</span>
}
