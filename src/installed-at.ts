/** The folder that holds package.json. This file runs from dist/src, or from dist/app as part of the bundle. */
export const installedAt = new URL('../../', import.meta.url)
