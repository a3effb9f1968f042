{{/* One allowed way out. Arguments: peer ({to, ports}), protocols (default TCP). As a list item. */}}
{{- define "microcoder.egressTo" }}
- ports:
    {{- range $port := .peer.ports }}
    {{- range $protocol := $.protocols | default (list "TCP") }}
    - {port: {{ $port }}, protocol: {{ $protocol }}}
    {{- end }}
    {{- end }}
  {{- with .peer.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Labels of all pods of this release, those of training runs included, which the trainer makes. */}}
{{- define "microcoder.ownPods" -}}
app.kubernetes.io/part-of: microcoder
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* A peer: the pods of one or more components of this release. Arguments: root, components. */}}
{{- define "microcoder.peers" -}}
- podSelector:
    matchLabels:
      {{- include "microcoder.ownPods" .root | nindent 6 }}
    matchExpressions:
      - key: app.kubernetes.io/component
        operator: In
        values: {{ .components | toJson }}
{{- end }}

{{/* Everything that every pod needs: names. Argument: root. */}}
{{- define "microcoder.egressDns" -}}
{{- include "microcoder.egressTo" (dict "peer" .Values.networkPolicy.dns "protocols" (list "UDP" "TCP")) }}
{{- end }}

{{/* Arguments: root, calls (services). */}}
{{- define "microcoder.egressCalls" -}}
{{- with .calls }}
- ports:
    - {port: {{ include "microcoder.rpcPort" . }}, protocol: TCP}
  to:
    {{- include "microcoder.peers" (dict "root" $.root "components" .) | nindent 4 }}
{{- end }}
{{- end }}

{{/* Who calls a service, by the topology. Arguments: root, name. As a JSON list. */}}
{{- define "microcoder.callers" -}}
{{- $callers := list -}}
{{- range $name, $facts := include "microcoder.topology" .root | fromYaml -}}
{{- if has $.name $facts.calls -}}{{- $callers = append $callers $name -}}{{- end -}}
{{- end -}}
{{- range $name, $calls := include "microcoder.clients" .root | fromYaml -}}
{{- if has $.name $calls -}}{{- $callers = append $callers $name -}}{{- end -}}
{{- end -}}
{{- $callers | toJson -}}
{{- end }}

{{/* The head of a policy for one component. Arguments: root, component. */}}
{{- define "microcoder.policyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "microcoder.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "microcoder.ownPods" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  policyTypes: [Ingress, Egress]
{{- end }}

{{/* Arguments: root, name, service, facts. */}}
{{- define "microcoder.serviceIngress" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $callers := include "microcoder.callers" . | fromJsonArray -}}
- ports:
    - {port: {{ include "microcoder.rpcPort" . }}, protocol: TCP}
  from:
    - podSelector:
        matchLabels:
          microcoder.dev/client: {{ .root.Release.Name | quote }}
    {{- with $callers }}
    {{- include "microcoder.peers" (dict "root" $.root "components" .) | nindent 4 }}
    {{- end }}
    {{- with $policy.clients }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- with $policy.monitoring }}
- ports:
    - {port: {{ include "microcoder.adminPort" . }}, protocol: TCP}
  from:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- with .service.networkPolicy.extraIngress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Arguments: root, name, service, facts. */}}
{{- define "microcoder.serviceEgress" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- include "microcoder.egressDns" .root }}
{{- include "microcoder.egressTo" (dict "peer" $policy.mongodb) }}
{{- include "microcoder.egressTo" (dict "peer" $policy.kafka) }}
{{- include "microcoder.egressCalls" (dict "root" .root "calls" .facts.calls) }}
{{- if and .facts.llm (include "microcoder.llmBaseUrl" .root) }}
{{- include "microcoder.egressTo" (dict "peer" $policy.llm) }}
{{- end }}
{{- if .facts.apiServer }}
{{- include "microcoder.egressTo" (dict "peer" $policy.apiServer) }}
{{- end }}
{{- if .facts.internet }}
- ports:
    {{- range $policy.internet.ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  to:
    - ipBlock:
        cidr: {{ $policy.internet.cidr }}
        {{- with $policy.internet.except }}
        except: {{ toJson . }}
        {{- end }}
{{- end }}
{{- with .service.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}
