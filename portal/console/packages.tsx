import { money } from '../money.ts'
import type { ConsolePage } from './console-page.ts'
import { ConsoleLayout } from './layout.tsx'
import { type Notice, NoticeLine } from './notice.tsx'

/** A package as the list shows it; `hours` is undefined when it is always on sale. */
export interface PackageLine {
  id: number
  name: string
  type: string
  priceCents: number
  currency: string
  minutes: number
  /** From the first use on; undefined: they may be kept. */
  withinDays: number | undefined
  /** They are used up only while somebody is online. */
  onlyOnline: boolean
  hours: string | undefined
  state: 'on sale' | 'outside its hours' | 'hidden' | 'off sale'
}

export type PackagesPageProps = ConsolePage & {
  packages: readonly PackageLine[]
  currency: string
  notice?: Notice | undefined
  /** As it was typed, after something was refused. */
  typed?: Record<string, string> | undefined
}

const dayNames = { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' }

/** What is sold, at which hours, and a form that adds to it. */
export function PackagesPage({ packages, currency, notice, typed = {}, ...page }: PackagesPageProps) {
  return (
    <ConsoleLayout page={page} title="Packages">
      <div class="bar">
        <h1>Packages</h1>
        <a class="btn quiet" href="/console">
          Back to the desk
        </a>
      </div>
      <NoticeLine notice={notice} />
      {page.operator.role === 'admin' && <AddPackage {...{ page, currency, typed }} />}
      <div class="panel">
        <h2>What is sold</h2>
        {packages.length === 0 ? <p class="empty">Nothing yet.</p> : <PackageTable {...{ page, packages }} />}
      </div>
    </ConsoleLayout>
  )
}

function PackageTable({ page, packages }: { page: ConsolePage; packages: readonly PackageLine[] }) {
  const mayChange = page.operator.role === 'admin'
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Type</th>
            <th class="n">Price</th>
            <th class="n">Minutes</th>
            <th>Hours of sale</th>
            <th>Now</th>
            {mayChange && <th>Change</th>}
          </tr>
        </thead>
        <tbody>
          {packages.map((row) => (
            <tr>
              <td>{row.name}</td>
              <td>{row.type}</td>
              <td class="n">{row.priceCents === 0 ? 'free, once' : money(row.priceCents, row.currency)}</td>
              <td class="n">
                {row.onlyOnline ? `${row.minutes} online` : row.minutes}
                {row.withinDays !== undefined && `, within ${row.withinDays} days`}
              </td>
              <td>{row.hours ?? 'always'}</td>
              <td>
                <span class={row.state === 'on sale' ? 'pill good' : 'pill'}>{row.state}</span>
              </td>
              {mayChange && (
                <td>
                  <form method="post" action={`/console/packages/${row.id}/sale`}>
                    <input type="hidden" name="csrf" value={page.csrf} />
                    <button type="submit" class="quiet" name="active" value={row.state === 'off sale' ? '1' : '0'}>
                      {row.state === 'off sale' ? 'Put on sale' : 'Take off sale'}
                    </button>
                  </form>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Names of things that the router has. */
const routerFields = [
  { name: 'pool', label: 'Address pool' },
  { name: 'profile', label: 'Profile (group)' },
  { name: 'list', label: 'Address list' },
  { name: 'walled', label: 'Address list in grace and suspended' },
]

function AddPackage(props: { page: ConsolePage; currency: string; typed: Record<string, string> }) {
  const { page, currency, typed } = props
  return (
    <div class="panel">
      <h2>
        Add a package{' '}
        <small>
          Price 0: given once to each phone and each device. No weekday: always on sale. Days to use it within count
          from the first use, paused or not; none: it may be kept.
        </small>
      </h2>
      <form method="post" action="/console/packages">
        <input type="hidden" name="csrf" value={page.csrf} />
        <div class="sell">
          <div>
            <label for="name">Name</label>
            <input id="name" name="name" maxlength={64} required value={typed.name} />
          </div>
          <div class="few">
            <label for="price">Price in {currency}</label>
            <input id="price" name="price" type="number" min="0" max="250000" required value={typed.price} />
          </div>
          <div class="few">
            <label for="minutes">Minutes</label>
            <input id="minutes" name="minutes" type="number" min="1" max="527040" required value={typed.minutes} />
          </div>
          <div class="few">
            <label for="days">Use within (days)</label>
            <input id="days" name="days" type="number" min="1" max="366" value={typed.days} />
          </div>
          <div class="few">
            <label for="from">On sale from</label>
            <input id="from" name="from" type="time" value={typed.from} />
          </div>
          <div class="few">
            <label for="until">until</label>
            <input id="until" name="until" type="time" value={typed.until} />
          </div>
        </div>
        <details open={routerFields.some(({ name }) => typed[name])}>
          <summary>PPPoE, and what the router gives</summary>
          <div class="sell">
            <div class="few">
              <label for="type">Type</label>
              <select id="type" name="type">
                <option value="hotspot">hotspot</option>
                <option value="pppoe" selected={typed.type === 'pppoe'}>
                  PPPoE
                </option>
              </select>
            </div>
            {routerFields.map(({ name, label }) => (
              <div>
                <label for={name}>{label}</label>
                <input id={name} name={name} maxlength={64} value={typed[name]} />
              </div>
            ))}
          </div>
        </details>
        <div class="sell days">
          {Object.entries(dayNames).map(([day, name]) => (
            <label>
              <input type="checkbox" name={day} value="1" checked={typed[day] === '1'} /> {name}
            </label>
          ))}
        </div>
        <div class="sell days">
          <label>
            <input type="checkbox" name="online" value="1" checked={typed.online === '1'} /> Minutes count only while
            somebody is online
          </label>
          <button type="submit">Put on sale</button>
        </div>
      </form>
    </div>
  )
}
