{{/* One alert. Arguments: root, name, for, expr, summary, action, severity (default: that of the values). */}}
{{- define "microcoder.alert" }}
{{- $rule := .root.Values.monitoring.prometheusRule }}
- alert: Microcoder{{ .name }}
  expr: {{ .expr | quote }}
  for: {{ index . "for" }}
  labels:
    severity: {{ .severity | default $rule.severity }}
  annotations:
    summary: {{ .summary | quote }}
    description: {{ .action | quote }}
    {{- with $rule.runbookUrl }}
    runbook_url: {{ . }}microcoder{{ lower $.name }}
    {{- end }}
{{- end }}
