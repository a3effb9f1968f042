{{/* The Deployment of a service. Arguments: root, name, service (its values), facts (of the topology). */}}
{{- define "microcoder.deployment" -}}
{{- $labels := dict "root" .root "component" .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "microcoder.metadata" $labels | nindent 2 }}
spec:
  {{- if not (include "microcoder.autoscaled" .service) }}
  replicas: {{ .service.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    {{- if .facts.single }}
    # A second one would take up the runs of the first.
    type: Recreate
    {{- else }}
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
    {{- end }}
  selector:
    matchLabels:
      {{- include "microcoder.selector" $labels | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "microcoder.labels" $labels | nindent 8 }}
        {{- with .service.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # A changed setting rolls the pods.
        checksum/config: {{ include "microcoder.configData" .root | sha256sum }}
        {{- with .service.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "microcoder.podSpec" . | nindent 6 }}
{{- end }}

{{- define "microcoder.podSpec" -}}
{{- include "microcoder.pullSecrets" .root }}
serviceAccountName: {{ include "microcoder.serviceAccountName" . }}
automountServiceAccountToken: {{ .facts.apiServer | default false }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add .service.preStopSeconds .service.drainSeconds 5 }}
securityContext:
  {{- toYaml .service.podSecurityContext | nindent 2 }}
{{- if and (eq .name "judge") (not (kindIs "invalid" .root.Values.sandbox.hostUsers)) }}
hostUsers: {{ .root.Values.sandbox.hostUsers }}
{{- end }}
{{- with .service.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .service.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- include "microcoder.placement" . }}
{{- with .service.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - {{- include "microcoder.container" . | nindent 4 }}
  {{- with .service.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: {{ .service.scratch.tmp }}
  - name: state
    emptyDir:
      sizeLimit: {{ .service.scratch.state }}
  {{- include "microcoder.callVolumes" . | nindent 2 }}
  {{- include "microcoder.dataVolumes" (dict "root" .root "secrets" .service.secrets) | nindent 2 }}
  {{- with .service.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Which nodes. */}}
{{- define "microcoder.placement" -}}
{{- with .service.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.topologySpread }}
{{- if .enabled }}
topologySpreadConstraints:
  - maxSkew: {{ .maxSkew }}
    topologyKey: {{ .topologyKey }}
    whenUnsatisfiable: {{ .whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "microcoder.selector" (dict "root" $.root "component" $.name) | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "microcoder.container" -}}
name: {{ .name }}
image: {{ include "microcoder.image" (dict "root" .root "image" .service.image) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
# An image may hold several services, as that with the training environment does.
command: [tini, --, microcoder-{{ .name }}]
securityContext:
  {{- toYaml .service.securityContext | nindent 2 }}
ports:
  - name: grpc
    containerPort: {{ include "microcoder.rpcPort" . }}
  - name: admin
    containerPort: {{ include "microcoder.adminPort" . }}
envFrom:
  - configMapRef:
      name: {{ include "microcoder.fullname" .root }}-config
  {{- with .service.extraEnvFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  {{- include "microcoder.dataCredentials" (dict "root" .root "secrets" .service.secrets) | nindent 2 }}
  {{- if .facts.llm }}
  {{- include "microcoder.llmEnvironment" (dict "root" .root "secrets" .service.secrets) | nindent 2 }}
  {{- end }}
  - name: MICROCODER_HOST__DRAIN_BUDGET_S
    value: {{ .service.drainSeconds | quote }}
  {{- range $key, $value := include "microcoder.ownSettings" . | fromYaml }}
  - name: MICROCODER_{{ $key }}
    value: {{ $value | quote }}
  {{- end }}
  {{- with .service.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "microcoder.probes" .service.probes }}
lifecycle:
  preStop:
    sleep:
      seconds: {{ .service.preStopSeconds }}
{{- with .service.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: state
    mountPath: /var/lib/microcoder
  {{- include "microcoder.callMounts" . | nindent 2 }}
  {{- include "microcoder.dataMounts" (dict "root" .root "secrets" .service.secrets) | nindent 2 }}
  {{- with .service.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Settings of one service; those of its values win. Arguments: root, name, service. As YAML. */}}
{{- define "microcoder.ownSettings" -}}
{{- $own := dict -}}
{{- if eq .name "trainer" -}}
{{- $own = include "microcoder.trainingConfig" .root | fromYaml -}}
{{- else if eq .name "scraper" -}}
{{- $own = dict "SCRAPER__LEADERSHIP" (ternary "kubernetes" "mongodb" .root.Values.rbac.create) "SCRAPER__LEADER__NAME" (include "microcoder.lease" .root) -}}
{{- else if eq .name "judge" -}}
{{- $own = dict "JUDGE__MIN_TIER" .root.Values.sandbox.minTier "JUDGE__CACHE_DIR" "/var/lib/microcoder/judge" -}}
{{- end -}}
{{- mergeOverwrite $own .service.env | toYaml -}}
{{- end }}

{{/* Liveness is the event loop's heartbeat, not the health of what the service depends on: a restart heals neither. */}}
{{- define "microcoder.probes" }}
startupProbe:
  httpGet: {path: /readyz, port: admin}
  {{- toYaml .startup | nindent 2 }}
livenessProbe:
  httpGet: {path: /livez, port: admin}
  {{- toYaml .liveness | nindent 2 }}
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  {{- toYaml .readiness | nindent 2 }}
{{- end }}
