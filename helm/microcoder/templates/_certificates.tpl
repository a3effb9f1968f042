{{/* DNS names that a service is called by; localhost for `kubectl port-forward`. Arguments: root, name. As a list. */}}
{{- define "microcoder.dnsNames" -}}
{{- $host := printf "%s-%s" (include "microcoder.fullname" .root) .name }}
- {{ $host }}
- {{ $host }}.{{ .root.Release.Namespace }}
- {{ $host }}.{{ .root.Release.Namespace }}.svc
- {{ $host }}.{{ .root.Release.Namespace }}.svc.cluster.local
- localhost
{{- range .root.Values.tls.extraDnsNames }}
- {{ . }}
{{- end }}
{{- end }}

{{/*
The Secret of one certificate, kept over upgrades until half of its life is over or its names change.
Arguments: root, name, authority.
*/}}
{{- define "microcoder.certificate" -}}
{{- $secret := include "microcoder.tlsSecret" . -}}
{{- $names := include "microcoder.dnsNames" . | fromYamlArray -}}
{{- $days := int .root.Values.tls.days -}}
{{- $kept := lookup "v1" "Secret" .root.Release.Namespace $secret | default dict -}}
{{- $annotations := dig "metadata" "annotations" dict $kept -}}
{{- $fresh := gt (int64 (get $annotations "microcoder.dev/renew-after" | default "0")) (now | unixEpoch | int64) -}}
{{- $same := eq (get $annotations "microcoder.dev/names") (join "," $names) -}}
{{- $keep := and $kept.data $fresh $same -}}
{{- $renew := ternary (get $annotations "microcoder.dev/renew-after") (add (now | unixEpoch | int64) (mul $days 43200) | toString) (not (empty $keep)) -}}
{{- $pair := dict -}}
{{- if not $keep -}}
{{- $pair = genSignedCertWithKey (first $names) (list "127.0.0.1") $names $days .authority (genPrivateKey "ecdsa") -}}
{{- end -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "microcoder.metadata" (dict "root" .root "component" .name "name" $secret) | nindent 2 }}
  annotations:
    microcoder.dev/renew-after: {{ $renew | quote }}
    microcoder.dev/names: {{ join "," $names | quote }}
type: kubernetes.io/tls
data:
  {{- if $keep }}
  {{- toYaml $kept.data | nindent 2 }}
  {{- else }}
  ca.crt: {{ .authority.Cert | b64enc }}
  tls.crt: {{ $pair.Cert | b64enc }}
  tls.key: {{ $pair.Key | b64enc }}
  {{- end }}
{{- end }}
