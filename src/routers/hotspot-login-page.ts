import { crc32 } from 'node:zlib'

/**
 * The login.html that a router serves to a phone that is not in: it sends the phone on to the portal. RouterOS fills in
 * `$(..)`; the `-esc` forms are safe in a URL, and nothing that a phone can choose is written in any other way. Blanks at
 * the end make its size tell where it leads: that is all of it that can be read back on every release.
 */
export function hotspotLoginPage({ portalUrl, routerId }: { portalUrl: string; routerId: number }): string {
  const target = `${portalUrl}/?router=${routerId}&mac=$(mac-esc)&llo=$(link-login-only-esc)&err=$(error-esc)`
  return `$(if http-status == 302)Found$(endif)
$(if http-header == "Location")${target}$(endif)
<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url=${target.replaceAll('&', '&amp;')}">
<title>WiFi</title>
</head>
<body>
<p><a href="${target.replaceAll('&', '&amp;')}">WiFi</a></p>
</body>
</html>
${' '.repeat(crc32(target) % 1000)}
`
}
