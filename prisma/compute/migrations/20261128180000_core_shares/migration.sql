-- AlterTable
ALTER TABLE "cluster" ADD COLUMN     "cores_per_gpu" INTEGER,
ADD COLUMN     "memory_bytes_per_core" BIGINT;

ALTER TABLE "cluster"
    ADD CONSTRAINT "cluster_core_shares" CHECK (cores_per_gpu > 0 AND memory_bytes_per_core > 0);
