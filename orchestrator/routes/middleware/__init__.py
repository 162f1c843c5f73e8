"""What every request passes: access log, cross-site protection, security headers."""
