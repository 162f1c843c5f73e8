// Before anything is painted: the theme that was chosen, so that nothing flashes.
try {
  const theme = localStorage.getItem("sisyphus.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is closed: the system's theme holds */ }
