"""The Internal API: another control plane provisions services, applications, metrics and limits here."""
