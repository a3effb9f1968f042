{{/* What the judge's pod has beyond the other services', for its tier. Arguments: root, service. As YAML. */}}
{{- define "microcoder.jail" -}}
{{- $sandbox := .root.Values.sandbox -}}
{{- $pool := $sandbox.pool -}}
podSecurityContext:
  seccompProfile:
    type: {{ $sandbox.seccomp.type }}
    {{- if eq $sandbox.seccomp.type "Localhost" }}
    localhostProfile: {{ $sandbox.seccomp.localhostProfile }}
    {{- end }}
  {{- with $sandbox.appArmor.type }}
  appArmorProfile:
    type: {{ . }}
    {{- if eq . "Localhost" }}
    localhostProfile: {{ $sandbox.appArmor.localhostProfile }}
    {{- end }}
  {{- end }}
securityContext:
  procMount: {{ $sandbox.procMount }}
tolerations:
  - key: {{ $pool.key }}
    operator: Equal
    value: {{ $pool.value }}
    effect: NoSchedule
  {{- with .service.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if $pool.required }}
nodeSelector:
  {{ $pool.key }}: {{ $pool.value }}
{{- else }}
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions:
            - key: {{ $pool.key }}
              operator: In
              values: [{{ $pool.value }}]
{{- end }}
{{- end }}
