{{/* Name of the lease that the scraper's replicas compete for. */}}
{{- define "microcoder.lease" -}}
{{- include "microcoder.fullname" . }}-scraper
{{- end }}

{{/* Binds the Role <release>-<name> to the service's account. Arguments: root, name, service. */}}
{{- define "microcoder.roleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "microcoder.metadata" (dict "root" .root "component" .name) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "microcoder.fullname" .root }}-{{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "microcoder.serviceAccountName" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}
