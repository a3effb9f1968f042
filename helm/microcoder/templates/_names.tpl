{{/* The start of every name, at most 40 characters so that suffixes fit. */}}
{{- define "microcoder.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that never change: they are in selectors. Arguments: root, component. */}}
{{- define "microcoder.selector" -}}
app.kubernetes.io/name: microcoder
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of an object. Arguments: root, component. */}}
{{- define "microcoder.labels" -}}
{{ include "microcoder.selector" . }}
app.kubernetes.io/part-of: microcoder
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of an object. Arguments: root, component, and optionally name (default: fullname-component). */}}
{{- define "microcoder.metadata" -}}
name: {{ .name | default (printf "%s-%s" (include "microcoder.fullname" .root) .component) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "microcoder.labels" . | nindent 2 }}
{{- end }}

{{/* An image reference; a digest wins over a tag. Arguments: root, image. */}}
{{- define "microcoder.image" -}}
{{- $defaults := .root.Values.image -}}
{{- $repository := .image.repository -}}
{{- if $defaults.registry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" $defaults.registry) $repository -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.image.tag | default $defaults.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{- define "microcoder.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Name of a service's account. Arguments: root, name, service. */}}
{{- define "microcoder.serviceAccountName" -}}
{{- if .service.serviceAccount.create -}}
{{- .service.serviceAccount.name | default (printf "%s-%s" (include "microcoder.fullname" .root) .name) -}}
{{- else -}}
{{- .service.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}
