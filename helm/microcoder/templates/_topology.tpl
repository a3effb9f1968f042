{{/* Who talks to whom: network policies, credentials and scalers follow from it. */}}
{{- define "microcoder.topology" -}}
scraper:
  calls: []
  internet: true
  # For the leader's lease; without the rights to one it lies in MongoDB.
  apiServer: {{ .Values.rbac.create }}
normalizer:
  calls: []
  topic: microcoder.problem.collected.v1
judge:
  calls: []
  topic: microcoder.problem.normalized.v1
scorer:
  calls: [judge]
  llm: true
  topic: microcoder.problem.verified.v1
trainer:
  calls: []
  apiServer: {{ eq .Values.training.launcher "kubernetes" }}
  single: true
evaluator:
  calls: [judge]
  single: true
  llm: true
{{- end }}

{{/* Pods of the chart that are no services, and what they call. */}}
{{- define "microcoder.clients" -}}
training: [judge]
test: [judge, scorer]
cli: [scraper, normalizer, judge, scorer, trainer, evaluator]
migration: []
{{- end }}

{{/* The values of one service: its own over the defaults, and the judge's jail. Arguments: root, name. As YAML. */}}
{{- define "microcoder.service" -}}
{{- $service := mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values.services .name)) -}}
{{- if eq .name "judge" -}}
{{- $jail := include "microcoder.jail" (dict "root" .root "service" $service) | fromYaml -}}
{{- with $jail.Error }}{{ fail (printf "sandbox cannot be used: %s" .) }}{{ end -}}
{{- $service = mergeOverwrite $service $jail -}}
{{- end -}}
{{- toYaml $service -}}
{{- end }}

{{/* Whether a service's replicas are somebody else's. Argument: service. */}}
{{- define "microcoder.autoscaled" -}}
{{- if or .autoscaling.hpa.enabled .autoscaling.keda.enabled }}true{{ end -}}
{{- end }}
