import { readFileSync, rmSync } from 'node:fs'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** zod says what is wrong in fifty languages; each thread would hold all of them. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
      loader: 'js',
    }))
  },
}

/** One letter beyond Latin in a file makes each of its characters take two octets; a pattern may spell it out just as well. */
const latinOnly: Plugin = {
  name: 'latin-only',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/[^\0-\xff]/g, escaped),
      loader: 'js',
    }))
  },
}

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Importing node:http as a module asks for each of its exports, and one of them is all of undici: 50 ms of a core and two
 * megabytes for each thread. Requiring it does not.
 */
const httpByRequire: Plugin = {
  name: 'http-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'by-require' },
    )
    onLoad({ filter: /.*/, namespace: 'by-require' }, ({ path }) => ({
      contents: `module.exports = require('${path}')`,
    }))
  },
}

const shared: BuildOptions = {
  outdir: 'dist/app',
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  // These look for files beside themselves.
  external: ['better-sqlite3', 'node-routeros', 'radius'],
  // For the CommonJS packages in it.
  plugins: [englishOnly, latinOnly, httpByRequire],
  banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
}

/**
 * Writes dist/app: what runs at a site, a few files instead of hundreds. A box starts sooner from a slow card, and each of
 * the three threads holds less text in memory. Folder names must not matter to what is bundled: `src/installed-at.ts`.
 */
for (const old of ['dist/app', 'dist/compiled']) rmSync(old, { recursive: true, force: true })
// The daemon alone needs the appliance, and each command its own part.
await build({ ...shared, entryPoints: ['dist/src/main.js'], splitting: true })
// A thread needs all of its code at once: one file is read sooner than twenty.
await build({
  ...shared,
  entryPoints: ['store-thread', 'work-thread', 'store/backup-process', 'store/soundness-process'].map(
    (name) => `dist/src/${name}.js`,
  ),
})
