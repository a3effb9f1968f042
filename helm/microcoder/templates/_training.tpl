{{/* What the trainer is told about making runs. Argument: root. As YAML: variable, value. */}}
{{- define "microcoder.trainingConfig" -}}
{{- $training := .Values.training -}}
TRAINER__LAUNCHER: {{ $training.launcher }}
{{- if eq $training.launcher "local" }}
TRAINER__RUNS_DIR: /var/lib/microcoder/runs
{{- else }}
TRAINER__STOP_GRACE_S: {{ $training.graceSeconds }}
TRAINER__KUBERNETES__INSTANCE: {{ .Release.Name }}
TRAINER__KUBERNETES__NAMESPACE: {{ .Release.Namespace }}
TRAINER__KUBERNETES__JOBSETS: {{ .Values.rbac.jobSets }}
TRAINER__KUBERNETES__IMAGE: {{ include "microcoder.image" (dict "root" . "image" $training.image) }}
TRAINER__KUBERNETES__IMAGE_PULL_POLICY: {{ .Values.image.pullPolicy }}
TRAINER__KUBERNETES__IMAGE_PULL_SECRETS: {{ toJson .Values.image.pullSecrets | quote }}
TRAINER__KUBERNETES__RUNS_CLAIM: {{ include "microcoder.runsClaim" . | quote }}
TRAINER__KUBERNETES__MODELS_CLAIM: {{ $training.modelsClaim | quote }}
TRAINER__KUBERNETES__SECRETS: {{ include "microcoder.trainingSecrets" . | quote }}
TRAINER__KUBERNETES__SECRET_FILES: {{ include "microcoder.trainingSecretFiles" . | quote }}
TRAINER__KUBERNETES__GPUS: {{ $training.gpus }}
TRAINER__KUBERNETES__GPU_RESOURCE: {{ .Values.gpu.resource }}
TRAINER__KUBERNETES__GPU_NODE_SELECTOR: {{ toJson .Values.gpu.nodeSelector | quote }}
TRAINER__KUBERNETES__RUNTIME_CLASS: {{ .Values.gpu.runtimeClassName | quote }}
TRAINER__KUBERNETES__CPU: {{ $training.cpu | quote }}
TRAINER__KUBERNETES__MEMORY: {{ $training.memory | quote }}
TRAINER__KUBERNETES__SHM: {{ $training.sharedMemory | quote }}
TRAINER__KUBERNETES__NODE_SELECTOR: {{ toJson $training.nodeSelector | quote }}
TRAINER__KUBERNETES__TOLERATIONS: {{ toJson $training.tolerations | quote }}
TRAINER__KUBERNETES__QUEUE: {{ $training.queue | quote }}
TRAINER__KUBERNETES__PRIORITY_CLASS: {{ $training.priorityClassName | quote }}
{{- end }}
{{- end }}

{{- define "microcoder.runsClaim" -}}
{{- $runs := .Values.training.runs -}}
{{- if $runs.create }}{{ include "microcoder.fullname" . }}-runs{{ else }}{{ $runs.existingClaim }}{{ end -}}
{{- end }}

{{/* Secrets whose keys are variables of a training process. As JSON. */}}
{{- define "microcoder.trainingSecrets" -}}
{{- toJson .Values.training.secrets -}}
{{- end }}

{{/* Folders of a training pod: the same as of the services, so that the same settings name them. As JSON. */}}
{{- define "microcoder.trainingSecretFiles" -}}
{{- $files := dict -}}
{{- if .Values.tls.enabled -}}
{{- $_ := set $files "/etc/microcoder/tls" (include "microcoder.tlsSecret" (dict "root" . "name" "client")) -}}
{{- end -}}
{{- if .Values.token.enabled -}}
{{- $_ := set $files "/etc/microcoder/token" (include "microcoder.tokenSecret" .) -}}
{{- end -}}
{{- with .Values.mongodb.caSecret -}}
{{- $_ := set $files "/etc/microcoder/mongodb-ca" . -}}
{{- end -}}
{{- toJson $files -}}
{{- end }}
