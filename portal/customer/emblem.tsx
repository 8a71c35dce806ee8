const shapes = {
  phone: 'M8 2.5h8a1 1 0 0 1 1 1v17a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-17a1 1 0 0 1 1-1zM11 18.5h2',
  tick: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 7v5.5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  mark: 'M12 5v9M12 18.5v.5',
  ticket: 'M3 7h18v3.5a1.5 1.5 0 0 0 0 3V17H3v-3.5a1.5 1.5 0 0 0 0-3zM14 7v10',
}

interface EmblemProps {
  shape: keyof typeof shapes
  tone?: 'good' | 'bad' | undefined
  /** Something is going on: rings spread from it, unless the customer asked for less motion. */
  busy?: boolean | undefined
}

/** The one picture of a page. It only repeats what the headline says, so it is hidden from screen readers. */
export function Emblem({ shape, tone = 'good', busy = false }: EmblemProps) {
  return (
    <div class={`em ${tone}${busy ? ' busy' : ''}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={shapes[shape]} />
      </svg>
    </div>
  )
}
