/** What the hotspot's web server makes of a page: RouterOS lets a page set the status and headers of its answer. */
export interface ServletAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

type Variables = Readonly<Record<string, string>>

interface Branch {
  /** Of an outer `if` that is not shown, nothing inside is. */
  outerShown: boolean
  /** One branch of this `if` has been taken. */
  taken: boolean
  shown: boolean
}

const TAG = /\$\(([^()]*)\)/g

/**
 * A page of the hotspot's directory with `$(name)`, `$(name-esc)` and `$(if ..)$(elif ..)$(else)$(endif)`. It is read once
 * for the status (`http-status == 302`), once for each header (`http-header == "Location"`) and once for the body.
 */
export function renderServletPage(page: string, variables: Variables): ServletAnswer {
  const status = Number(/\$\(if http-status == (\d{3})\)/.exec(page)?.[1] ?? 200)
  const names = [...page.matchAll(/\$\(if http-header == "([\w-]+)"\)/g)].map((match) => match[1] ?? '')
  const headers = names.map((name) => [name, partOf(page, variables, 'http-header', name).trim()])
  return { status, headers: Object.fromEntries(headers), body: render(page, variables).trimStart() }
}

/** Only what stands in the page's part for one special variable. */
function partOf(page: string, variables: Variables, special: string, value: string): string {
  const begins = `$(if ${special} == "${value}")`
  const from = page.indexOf(begins)
  const to = page.indexOf('$(endif)', from)
  return render(page.slice(from + begins.length, to), variables)
}

function render(page: string, variables: Variables): string {
  const branches: Branch[] = []
  const shown = () => branches.at(-1)?.shown ?? true
  let text = ''
  let at = 0
  for (const match of page.matchAll(TAG)) {
    if (shown()) text += page.slice(at, match.index)
    at = match.index + match[0].length
    const [word, ...rest] = (match[1] ?? '').split(' ')
    const branch = branches.at(-1)
    if (word === 'if') {
      const holds = test(rest.join(' '), variables)
      branches.push({ outerShown: shown(), taken: holds, shown: shown() && holds })
    } else if (word === 'elif' && branch) {
      branch.shown = branch.outerShown && !branch.taken && test(rest.join(' '), variables)
      branch.taken ||= branch.shown
    } else if (word === 'else' && branch) {
      branch.shown = branch.outerShown && !branch.taken
    } else if (word === 'endif') {
      branches.pop()
    } else if (shown()) {
      text += fill(word ?? '', variables)
    }
  }
  return text + page.slice(at)
}

function test(condition: string, variables: Variables): boolean {
  const compared = /^([\w-]+) (==|!=) "?([^"]*)"?$/.exec(condition)
  if (!compared) return fill(condition, variables) !== ''
  return (fill(compared[1] ?? '', variables) === compared[3]) === (compared[2] === '==')
}

const fill = (name: string, variables: Variables): string =>
  variables[name] ?? encodeURIComponent(variables[name.replace(/-esc$/, '')] ?? '')
