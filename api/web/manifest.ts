/** How the page is installed as an app: its name, colours and icons (W3C Web Application Manifest). */
export const webManifest = (language: 'id' | 'en', cityName: string): string =>
  JSON.stringify({
    id: '/',
    name: `Nadi, ${cityName}`,
    short_name: 'Nadi',
    lang: language,
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f4f7f5',
    theme_color: '#13201b',
    icons: [
      { src: '/assets/favicon.svg', sizes: 'any', type: 'image/svg+xml' },
      ...[192, 512].map((size) => ({
        src: `/assets/icon-${size}.png`,
        sizes: `${size}x${size}`,
        type: 'image/png',
        purpose: 'any maskable',
      })),
    ],
  })
