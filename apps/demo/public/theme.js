// Before the first paint: the theme chosen on an earlier visit. The rest of the theme lives in src/state/theme.ts.
try {
  const theme = localStorage.getItem('ethspan.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch (error) {
  console.info('This browser denies local storage; the theme follows the system.', error)
}
