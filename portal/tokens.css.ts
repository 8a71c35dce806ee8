/** The colours of portal and console. Every pair that meets on a page is held to WCAG AA by a test. */
export const lightColours = {
  ground: '#f6f4ee',
  card: '#ffffff',
  ink: '#1c1b18',
  muted: '#5b574e',
  edge: '#878176',
  hair: '#e5e0d5',
  accent: '#0b6a48',
  'on-accent': '#ffffff',
  tint: '#e2f1e9',
  error: '#a1251b',
  'error-tint': '#fbe9e6',
  warn: '#7d4e00',
  'warn-tint': '#fbf0d9',
  focus: '#1c4fd6',
}

export const darkColours: typeof lightColours = {
  ground: '#111412',
  card: '#1a1e1b',
  ink: '#f0f2ed',
  muted: '#b2b8b0',
  edge: '#737b74',
  hair: '#2c322e',
  accent: '#63d6a0',
  'on-accent': '#05281a',
  tint: '#173527',
  error: '#ffb4a8',
  'error-tint': '#3d1b16',
  warn: '#f3c56b',
  'warn-tint': '#37290d',
  focus: '#9dbcff',
}

function declarations(colours: typeof lightColours): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}

export const tokensCss = `:root{color-scheme:light dark;${declarations(lightColours)}}@media(prefers-color-scheme:dark){:root{${declarations(darkColours)}}}`
