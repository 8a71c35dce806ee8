import { DataTable } from './desk-tables.tsx'
import { StatePill } from './state-pill.tsx'

export interface RouterSetup {
  name: string
  /** What was done last to make it be as wanted. */
  last?:
    | {
        state: string
        stage: string
        percent: number
        message: string
        /** Only a look at what would be done. */
        isPlan: boolean
        /** What was different; of a plan, what would be done. */
        steps: readonly string[]
      }
    | undefined
  /** What a person has to do at it; `command` is for its own terminal. */
  advice: readonly { text: string; command?: string | undefined }[]
}

/** How far the setting up of routers is, and what stands in its way; nothing where there is nothing to say. */
export function RouterSetups({ rows }: { rows: readonly RouterSetup[] }) {
  const told = rows.filter(({ last, advice }) => last !== undefined || advice.length > 0)
  if (told.length === 0) return null
  return (
    <DataTable
      title="Setting up routers"
      columns={[
        { head: 'Router', cell: (row) => row.name },
        { head: 'State', cell: ({ last }) => last && <StatePill state={last.isPlan ? 'plan' : last.state} /> },
        {
          head: 'Step',
          cell: ({ last }) => (last?.state === 'running' ? `${last.stage} ${last.percent} %` : last?.stage),
        },
        { head: 'What to know', class: 'wrap', cell: (row) => <WhatToKnow {...row} /> },
      ]}
      rows={told}
      empty=""
    />
  )
}

function WhatToKnow({ last, advice }: RouterSetup) {
  return (
    <>
      {advice.map(({ text, command }) => (
        <p>
          {text} {command !== undefined && <code class="code">{command}</code>}
        </p>
      ))}
      {last && <p>{last.message}</p>}
      {last && last.steps.length > 0 && (
        <details>
          <summary>{last.isPlan ? 'What would be done' : 'What was different'}</summary>
          <ul>
            {last.steps.map((step) => (
              <li>{step}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
